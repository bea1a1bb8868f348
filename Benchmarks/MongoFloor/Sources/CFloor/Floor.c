#include "CFloor.h"

#include <mongoc/mongoc.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

double floor_find(const char *uri, const char *database, const char *collection, int documents, int finds) {
  mongoc_init();
  mongoc_client_t *client = mongoc_client_new(uri);
  mongoc_collection_t *target = mongoc_client_get_collection(client, database, collection);
  bson_t options = BSON_INITIALIZER;
  BSON_APPEND_INT64(&options, "limit", 1);
  BSON_APPEND_BOOL(&options, "singleBatch", true);
  uint32_t state = 1;
  int missing = 0;
  double begin = 0;
  for (int i = -100; i < finds; i++) {
    if (i == 0) begin = now();
    state = state * 1664525u + 1013904223u;
    bson_t filter = BSON_INITIALIZER;
    BSON_APPEND_INT32(&filter, "_id", (int32_t)(state % (uint32_t)documents));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(target, &filter, &options, NULL);
    const bson_t *document;
    if (!mongoc_cursor_next(cursor, &document)) missing++;
    mongoc_cursor_destroy(cursor);
    bson_destroy(&filter);
  }
  double seconds = now() - begin;
  bson_destroy(&options);
  mongoc_collection_destroy(target);
  mongoc_client_destroy(client);
  return missing ? -1 : seconds;
}
