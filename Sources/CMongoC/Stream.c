#include "Internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

// libmongoc's socket timeout is fixed when a client is made. A request has a deadline, so the stream between libmongoc
// and the socket shortens each wait to what is left of it. And a server that freezes or is cut off says nothing: when the
// monitors find that it is no longer the primary, waiting for its answer ends.

/// Exported by libmongoc 1.x, though declared in a private header only.
mongoc_stream_t *mongoc_client_default_stream_initiator(const mongoc_uri_t *uri, const mongoc_host_list_t *host,
                                                        void *client, bson_error_t *error);

typedef struct {
  mongoc_stream_t head;
  mongoc_stream_t *base;
  /// The socket under all layers.
  mongoc_stream_t *root;
  const c360_client *client;
  /// A request was sent and none of its answer read: all buffers are empty.
  int awaits_answer;
  /// Waiting for an answer was ended here, not by the network.
  int gave_up;
} deadline_stream;

static mongoc_stream_t *base_of(mongoc_stream_t *stream) { return ((deadline_stream *)stream)->base; }

static int32_t timeout_of(mongoc_stream_t *stream, int32_t timeout) {
  int64_t deadline = ((deadline_stream *)stream)->client->deadline;
  if (deadline == 0) return timeout;
  // Rounded up: a wait that ends is over the deadline, not just before it.
  int64_t left = (deadline - c360_now() + 999) / 1000;
  if (left < 1) left = 1;
  return timeout >= 0 && timeout < left ? timeout : (int32_t)left;
}

static void destroy(mongoc_stream_t *stream) {
  mongoc_stream_destroy(base_of(stream));
  free(stream);
}

static void failed(mongoc_stream_t *stream) {
  mongoc_stream_failed(base_of(stream));
  free(stream);
}

static int close_stream(mongoc_stream_t *stream) { return mongoc_stream_close(base_of(stream)); }

static int flush(mongoc_stream_t *stream) { return mongoc_stream_flush(base_of(stream)); }

static ssize_t write_vector(mongoc_stream_t *stream, mongoc_iovec_t *vector, size_t count, int32_t timeout) {
  ((deadline_stream *)stream)->awaits_answer = 1;
  return mongoc_stream_writev(base_of(stream), vector, count, timeout_of(stream, timeout));
}

/// Waits for the first byte of an answer; 0 when time is up or the primary has changed since the command began.
static int wait_for_answer(deadline_stream *stream, int32_t timeout) {
  const c360_client *client = stream->client;
  int64_t end = c360_now() + (int64_t)timeout * 1000;
  mongoc_stream_poll_t socket = {.stream = stream->root, .events = POLLIN};
  for (;;) {
    int64_t left = (end - c360_now() + 999) / 1000;
    if (left <= 0) return 0;
    // Ready or broken: reading tells. Nothing yet: look whether there is still somebody to wait for.
    if (mongoc_stream_poll(&socket, 1, left < 100 ? (int32_t)left : 100) != 0) return 1;
    if (atomic_load(&client->pool->epoch) != client->epoch) return 0;
  }
}

static ssize_t read_vector(mongoc_stream_t *stream, mongoc_iovec_t *vector, size_t count, size_t least,
                           int32_t timeout) {
  deadline_stream *self = (deadline_stream *)stream;
  if (self->awaits_answer && self->client->deadline != 0) {
    self->awaits_answer = 0;
    if (!wait_for_answer(self, timeout_of(stream, timeout))) {
      self->gave_up = 1;
      errno = ETIMEDOUT;
      return -1;
    }
  }
  return mongoc_stream_readv(base_of(stream), vector, count, least, timeout_of(stream, timeout));
}

static int set_option(mongoc_stream_t *stream, int level, int name, void *value, mongoc_socklen_t length) {
  return mongoc_stream_setsockopt(base_of(stream), level, name, value, length);
}

static bool check_closed(mongoc_stream_t *stream) { return mongoc_stream_check_closed(base_of(stream)); }

static ssize_t poll_streams(mongoc_stream_poll_t *streams, size_t count, int32_t timeout) {
  mongoc_stream_poll_t *bases = calloc(count, sizeof *bases);
  for (size_t i = 0; i < count; i++) {
    bases[i].stream = base_of(streams[i].stream);
    bases[i].events = streams[i].events;
  }
  ssize_t ready = mongoc_stream_poll(bases, count, timeout);
  for (size_t i = 0; i < count; i++) streams[i].revents = bases[i].revents;
  free(bases);
  return ready;
}

/// libmongoc takes a server whose connection breaks for lost and ends every other call to it, but not one that was slow
/// for a single call. Of its own sockets, one whose wait has less than a millisecond left says that it broke.
static bool timed_out(mongoc_stream_t *stream) {
  const deadline_stream *self = (deadline_stream *)stream;
  int64_t deadline = self->client->deadline;
  return self->gave_up || (deadline != 0 && c360_now() >= deadline) || mongoc_stream_timed_out(self->base);
}

static bool should_retry(mongoc_stream_t *stream) { return mongoc_stream_should_retry(base_of(stream)); }

/// Connects within the URI's connect timeout or what is left of the deadline, whichever is less.
static mongoc_stream_t *connect_stream(const mongoc_uri_t *uri, const mongoc_host_list_t *host,
                                       const c360_client *client, bson_error_t *error) {
  int64_t left = (client->deadline - c360_now()) / 1000;
  if (left < 1) left = 1;
  if (client->deadline == 0 || mongoc_uri_get_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, 10000) <= left) {
    return mongoc_client_default_stream_initiator(uri, host, client->inner, error);
  }
  mongoc_uri_t *hurried = mongoc_uri_copy(uri);
  mongoc_uri_set_option_as_int32(hurried, MONGOC_URI_CONNECTTIMEOUTMS, (int32_t)left);
  mongoc_stream_t *stream = mongoc_client_default_stream_initiator(hurried, host, client->inner, error);
  mongoc_uri_destroy(hurried);
  return stream;
}

mongoc_stream_t *c360_deadline_stream(const mongoc_uri_t *uri, const mongoc_host_list_t *host, void *user,
                                      bson_error_t *error) {
  const c360_client *client = user;
  mongoc_stream_t *base = connect_stream(uri, host, client, error);
  if (!base) return NULL;
  deadline_stream *stream = calloc(1, sizeof *stream);
  stream->head = (mongoc_stream_t){
      // Any number that libmongoc does not use itself.
      .type = 360,
      .destroy = destroy,
      .close = close_stream,
      .flush = flush,
      .writev = write_vector,
      .readv = read_vector,
      .setsockopt = set_option,
      .get_base_stream = base_of,
      .check_closed = check_closed,
      .poll = poll_streams,
      .failed = failed,
      .timed_out = timed_out,
      .should_retry = should_retry,
  };
  stream->base = base;
  stream->root = base;
  for (mongoc_stream_t *below = mongoc_stream_get_base_stream(base); below && below != stream->root;
       below = mongoc_stream_get_base_stream(below)) {
    stream->root = below;
  }
  stream->client = client;
  return &stream->head;
}
