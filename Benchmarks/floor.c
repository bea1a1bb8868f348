// What MongoDB and its C driver can do on this machine with nothing in between: the floor beside which the service is measured.
//
//   floor find   URI DATABASE COLLECTION THREADS SECONDS      finds by _id, over the ids of the collection
//   floor insert URI DATABASE SOURCE TARGET THREADS:BATCH     unordered majority inserts of SOURCE's documents into TARGET
//
// Inserts are those of the service: retryable (numbered in a session), acknowledged by a majority and its journals, one command a
// batch; the driver sends the documents as a section of the message, the service as an array of the command, which costs mongod the same.
//
// Prints one line: operations (or documents) a second; of inserts also microseconds of this process's processor a document, loading left out.
#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static mongoc_client_pool_t *pool;
static const char *database, *collection;
static bson_t **documents;
static size_t documents_count;
static volatile int stop;
static size_t batch;

typedef struct {
  int number, threads;
  long done;
} worker_t;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double processor(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void *find_loop(void *argument) {
  worker_t *worker = argument;
  mongoc_client_t *client = mongoc_client_pool_pop(pool);
  mongoc_collection_t *target = mongoc_client_get_collection(client, database, collection);
  bson_t options = BSON_INITIALIZER;
  BSON_APPEND_INT64(&options, "limit", 1);
  BSON_APPEND_BOOL(&options, "singleBatch", true);
  unsigned seed = (unsigned)worker->number * 7919u + 1;
  while (!stop) {
    bson_iter_t id;
    bson_t filter = BSON_INITIALIZER;
    bson_iter_init_find(&id, documents[(size_t)rand_r(&seed) % documents_count], "_id");
    bson_append_iter(&filter, "_id", 3, &id);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(target, &filter, &options, NULL);
    const bson_t *found;
    if (!mongoc_cursor_next(cursor, &found)) abort();
    mongoc_cursor_destroy(cursor);
    bson_destroy(&filter);
    worker->done++;
  }
  mongoc_collection_destroy(target);
  mongoc_client_pool_push(pool, client);
  return NULL;
}

static void *insert_loop(void *argument) {
  worker_t *worker = argument;
  mongoc_client_t *client = mongoc_client_pool_pop(pool);
  mongoc_collection_t *target = mongoc_client_get_collection(client, database, collection);
  bson_t *options = BCON_NEW("ordered", BCON_BOOL(false), "writeConcern", "{", "w", BCON_UTF8("majority"), "j", BCON_BOOL(true), "}");
  size_t batches = (documents_count + batch - 1) / batch;
  for (size_t b = (size_t)worker->number; b < batches; b += (size_t)worker->threads) {
    size_t first = b * batch, count = documents_count - first < batch ? documents_count - first : batch;
    mongoc_bulk_operation_t *bulk = mongoc_collection_create_bulk_operation_with_opts(target, options);
    for (size_t i = 0; i < count; i++) mongoc_bulk_operation_insert_with_opts(bulk, documents[first + i], NULL, NULL);
    bson_t reply;
    bson_error_t error;
    if (!mongoc_bulk_operation_execute(bulk, &reply, &error)) { fprintf(stderr, "%s\n", error.message); exit(1); }
    bson_destroy(&reply);
    mongoc_bulk_operation_destroy(bulk);
    worker->done += (long)count;
  }
  bson_destroy(options);
  mongoc_collection_destroy(target);
  mongoc_client_pool_push(pool, client);
  return NULL;
}

static void load(const char *name, bool ids_only, size_t most) {
  mongoc_client_t *client = mongoc_client_pool_pop(pool);
  mongoc_collection_t *source = mongoc_client_get_collection(client, database, name);
  bson_t filter = BSON_INITIALIZER;
  bson_t *options = ids_only ? BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}") : bson_new();
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(source, &filter, options, NULL);
  documents = malloc(most * sizeof(bson_t *));
  const bson_t *found;
  while (documents_count < most && mongoc_cursor_next(cursor, &found)) documents[documents_count++] = bson_copy(found);
  mongoc_cursor_destroy(cursor);
  bson_destroy(options);
  mongoc_collection_destroy(source);
  mongoc_client_pool_push(pool, client);
}

int main(int argc, char **argv) {
  if (argc != 7) { fprintf(stderr, "usage: see the head of floor.c\n"); return 2; }
  int finds = !strcmp(argv[1], "find");
  mongoc_init();
  mongoc_uri_t *uri = mongoc_uri_new(argv[2]);
  if (!uri) return 2;
  pool = mongoc_client_pool_new(uri);
  mongoc_client_pool_set_error_api(pool, 2);
  database = argv[3];
  load(argv[4], finds, finds ? 1000000 : 200000);
  if (!documents_count) { fprintf(stderr, "no documents\n"); return 1; }
  collection = finds ? argv[4] : argv[5];
  int threads = finds ? atoi(argv[5]) : 0;
  double seconds = finds ? atof(argv[6]) : 0;
  if (!finds) {
    // TARGET and THREADS:BATCH share the two last arguments.
    char *colon = strchr(argv[6], ':');
    if (!colon) return 2;
    threads = atoi(argv[6]);
    batch = (size_t)atol(colon + 1);
  }
  pthread_t ids[256];
  worker_t workers[256];
  double start = now(), used = processor();
  for (int i = 0; i < threads; i++) {
    workers[i] = (worker_t){.number = i, .threads = threads};
    pthread_create(&ids[i], NULL, finds ? find_loop : insert_loop, &workers[i]);
  }
  if (finds) {
    struct timespec t = {.tv_sec = (time_t)seconds};
    nanosleep(&t, NULL);
    stop = 1;
  }
  long done = 0;
  for (int i = 0; i < threads; i++) { pthread_join(ids[i], NULL); done += workers[i].done; }
  double took = now() - start;
  printf(finds ? "%.0f\n" : "%.0f %.2f\n", done / took, 1e6 * (processor() - used) / done);
  return 0;
}
