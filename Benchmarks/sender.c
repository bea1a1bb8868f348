// Sends batches of events that were made beforehand, so that a measurement holds the service's work and not the making of text.
//
//   sender HOST:PORT FORMAT EVENTS BATCH THREADS RUN      FORMAT: json, ndjson, csv (the 16 columns, without a header)
//
// Every event is new: its id begins with RUN. Each thread has one connection and sends its batches one after the other.
// Prints one line: events a second, and the 50th and 95th percentile of a batch's time in milliseconds. An answer of 429 is waited
// out and the batch sent again; any other that does not accept the whole batch ends it with an error.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in address;
static const char *format, *run, *media_type;
static long events, batch, threads, batches;
static char **requests;
static size_t *lengths;
static double *took;
static pthread_barrier_t ready;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int event_text(char *out, size_t room, long n) {
  long long at = 1700000000000LL + n * 37;
  if (!strcmp(format, "csv"))
    return snprintf(out, room, "%s-%ld,Acme,shoes,%ld,%ld,20231114,view_item,%lld,%ld,19.99,P%ld,\"Running shoe, blue\",1,1,U%ld,blue\r\n",
                    run, n, n % 9000, n % 7, at * 1000, n % 5000, n % 400, n % 20000);
  return snprintf(out, room,
                  "{\"eventId\":\"%s-%ld\",\"eventName\":\"view_item\",\"eventTimestamp\":%lld,\"userId\":\"U%ld\",\"sessionId\":\"s%ld\","
                  "\"productId\":\"P%ld\",\"price\":19.99,\"quantity\":1,\"brand\":\"Acme\",\"category\":\"shoes\",\"engagementTimeMsec\":%ld}",
                  run, n, at, n % 20000, n % 5000, n % 400, n % 9000);
}

static void make(long number) {
  long first = number * batch, count = events - first < batch ? events - first : batch;
  size_t room = 512 + (size_t)count * 320, length = 0;
  char *body = malloc(room), *request = malloc(room + 512);
  int is_json = !strcmp(format, "json"), is_ndjson = !strcmp(format, "ndjson");
  if (is_json) body[length++] = '[';
  for (long i = 0; i < count; i++) {
    if (i && is_json) body[length++] = ',';
    length += (size_t)event_text(body + length, room - length, first + i);
    if (is_ndjson) body[length++] = '\n';
  }
  if (is_json) body[length++] = ']';
  int head = sprintf(request, "POST /ingest/events HTTP/1.1\r\nHost: bench\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", media_type, length);
  memcpy(request + head, body, length);
  free(body);
  requests[number] = realloc(request, (size_t)head + length);
  lengths[number] = (size_t)head + length;
}

static void fail(const char *why, const char *answer) {
  fprintf(stderr, "sender: %s: %.300s\n", why, answer);
  exit(1);
}

/// Sends a batch; 0 when it is accepted, else the seconds after which to send it again.
static unsigned exchange(int descriptor, long number) {
  for (size_t sent = 0; sent < lengths[number];) {
    ssize_t n = send(descriptor, requests[number] + sent, lengths[number] - sent, MSG_NOSIGNAL);
    if (n <= 0) fail("cannot send", "");
    sent += (size_t)n;
  }
  char answer[4096];
  size_t got = 0;
  for (;;) {
    ssize_t n = recv(descriptor, answer + got, sizeof answer - 1 - got, 0);
    if (n <= 0) fail("no answer", "");
    got += (size_t)n;
    answer[got] = 0;
    char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "content-length:");
    if (end && length && got >= (size_t)(end + 4 - answer) + strtoul(length + 15, NULL, 10)) break;
  }
  long first = number * batch, count = events - first < batch ? events - first : batch;
  char *accepted = strstr(answer, "\"accepted\":"), *later = strcasestr(answer, "retry-after:");
  if (!strncmp(answer, "HTTP/1.1 429", 12) && later && atol(later + 12) > 0) return (unsigned)atol(later + 12);
  if (strncmp(answer, "HTTP/1.1 200", 12) || !accepted || atol(accepted + 11) != count) fail("not accepted", answer);
  return 0;
}

static void *work(void *argument) {
  long first = (long)argument;
  int descriptor = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail("cannot connect", "");
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  pthread_barrier_wait(&ready);
  for (long b = first; b < batches; b += threads) {
    double start = now();
    for (unsigned seconds; (seconds = exchange(descriptor, b));) sleep(seconds);
    took[b] = now() - start;
  }
  close(descriptor);
  return NULL;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 7) return fprintf(stderr, "usage: see the head of sender.c\n"), 2;
  char *colon = strchr(argv[1], ':');
  if (!colon) return 2;
  *colon = 0;
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
  inet_pton(AF_INET, argv[1], &address.sin_addr);
  format = argv[2];
  media_type = !strcmp(format, "csv") ? "text/csv" : !strcmp(format, "ndjson") ? "application/x-ndjson" : "application/json";
  events = atol(argv[3]);
  batch = atol(argv[4]);
  threads = atol(argv[5]);
  run = argv[6];
  batches = (events + batch - 1) / batch;
  requests = calloc((size_t)batches, sizeof *requests);
  lengths = calloc((size_t)batches, sizeof *lengths);
  took = calloc((size_t)batches, sizeof *took);
  for (long b = 0; b < batches; b++) make(b);
  pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
  pthread_t ids[256];
  for (long i = 0; i < threads; i++) pthread_create(&ids[i], NULL, work, (void *)i);
  pthread_barrier_wait(&ready);
  double start = now();
  for (long i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  double seconds = now() - start;
  qsort(took, (size_t)batches, sizeof *took, compare);
  printf("%.0f %.1f %.1f\n", (double)events / seconds, 1000 * took[batches / 2], 1000 * took[batches * 95 / 100]);
  return 0;
}
