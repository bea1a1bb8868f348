#pragma once
#include "CMongoC.h"

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdatomic.h>

struct c360_client {
  mongoc_client_t *inner;
  struct c360_pool *pool;
  /// One session for the client's life: reads need none of their own, retryable writes need a stable one.
  mongoc_client_session_t *session;
  /// {sessionId: ...}, the options of every command.
  bson_t options;
  bson_t reply;
  int has_reply;
  int64_t transaction;
  /// When reads and writes of the current command give up; 0 for no limit.
  int64_t deadline;
  /// The last command was answered: a server has let this client in.
  int is_signed_in;
  /// The pool's epoch when the current command began.
  int epoch;
  bson_error_t error;
};

struct c360_pool {
  mongoc_client_pool_t *inner;
  pthread_mutex_t lock;
  pthread_cond_t writable_changed;
  pthread_cond_t idle_changed;
  atomic_int writable;
  /// Counts the changes of primary, its loss included.
  atomic_int epoch;
  uint32_t primary;
  /// Since when `writable` is what it is.
  int64_t changed_at;
  /// How often in a row a server has refused to let a client in, and until when no further one tries.
  uint32_t refusals;
  int64_t refused_until;
  uint32_t clients_max;
  uint32_t made;
  uint32_t idle_count;
  /// All clients, made and kept until the pool dies, and a stack of those not in use.
  c360_client **clients;
  c360_client **idle;
};

c360_client *c360_client_make(c360_pool *pool);
/// Whether a refused sign-in is too fresh to try another.
int c360_pool_is_refused(c360_pool *pool);
/// Notes how a sign-in went.
void c360_pool_signed_in(c360_pool *pool, int is_refused);
void c360_client_forget_reply(c360_client *client);
/// Ends the session. What libmongoc's client still does ends at `deadline`.
void c360_client_retire(c360_client *client, int64_t deadline);
void c360_set_log_handler(c360_log_handler handler);

/// A stream like libmongoc's own whose reads and writes end at the client's deadline.
mongoc_stream_t *c360_deadline_stream(const mongoc_uri_t *uri, const mongoc_host_list_t *host, void *client,
                                      bson_error_t *error);
