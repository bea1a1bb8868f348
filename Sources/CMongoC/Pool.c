#include "Internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t c360_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct timespec at(int64_t time) {
  return (struct timespec){.tv_sec = time / 1000000, .tv_nsec = (time % 1000000) * 1000};
}

void c360_initialize(c360_log_handler handler) {
  mongoc_init();
  c360_set_log_handler(handler);
}

/// The id of the server that takes writes, 0 when none is known.
static uint32_t primary_of(const mongoc_topology_description_t *topology) {
  if (!mongoc_topology_description_has_writable_server(topology)) return 0;
  uint32_t primary = 0;
  size_t count;
  mongoc_server_description_t **servers = mongoc_topology_description_get_servers(topology, &count);
  for (size_t i = 0; i < count; i++) {
    const char *type = mongoc_server_description_type(servers[i]);
    // Of a direct connection the only server counts, whatever it is.
    if (count == 1 || strcmp(type, "RSPrimary") == 0) primary = mongoc_server_description_id(servers[i]);
  }
  mongoc_server_descriptions_destroy_all(servers, count);
  // Mongos routers and the like: one of several, without a name.
  return primary ? primary : UINT32_MAX;
}

/// libmongoc tells of every change of what it knows about the servers. It calls with locks of its own held.
static void topology_changed(const mongoc_apm_topology_changed_t *event) {
  c360_pool *pool = mongoc_apm_topology_changed_get_context(event);
  uint32_t primary = primary_of(mongoc_apm_topology_changed_get_new_description(event));
  pthread_mutex_lock(&pool->lock);
  if (primary != pool->primary) {
    if ((primary == 0) != (pool->primary == 0)) pool->changed_at = c360_now();
    pool->primary = primary;
    atomic_fetch_add(&pool->epoch, 1);
    atomic_store(&pool->writable, primary != 0);
    pthread_cond_broadcast(&pool->writable_changed);
  }
  pthread_mutex_unlock(&pool->lock);
}

static void set_default(mongoc_uri_t *uri, const char *option, int32_t value) {
  if (mongoc_uri_get_option_as_int32(uri, option, -1) == -1) mongoc_uri_set_option_as_int32(uri, option, value);
}

static mongoc_uri_t *configured_uri(const char *text, const char *application, c360_pool_options options,
                                    bson_error_t *error) {
  mongoc_uri_t *uri = mongoc_uri_new_with_error(text, error);
  if (!uri) return NULL;
  if (!mongoc_uri_get_appname(uri)) mongoc_uri_set_appname(uri, application);
  set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, options.connect_timeout_ms);
  set_default(uri, MONGOC_URI_HEARTBEATFREQUENCYMS, options.heartbeat_ms);
  // Waiting for a primary is c360_pool_wait_writable's, retries and write concerns are the caller's.
  mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, options.selection_timeout_ms);
  mongoc_uri_set_option_as_int32(uri, MONGOC_URI_MAXPOOLSIZE, (int32_t)options.clients_max);
  mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
  mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false);
  mongoc_write_concern_t *plain = mongoc_write_concern_new();
  mongoc_uri_set_write_concern(uri, plain);
  mongoc_write_concern_destroy(plain);
  mongoc_read_prefs_t *primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
  mongoc_uri_set_read_prefs_t(uri, primary);
  mongoc_read_prefs_destroy(primary);
  return uri;
}

c360_pool *c360_pool_new(const char *text, const char *application, c360_pool_options options, int *is_valid) {
  // Its words may repeat the password.
  bson_error_t error = {0};
  mongoc_uri_t *uri = configured_uri(text, application, options, &error);
  mongoc_client_pool_t *inner = uri ? mongoc_client_pool_new_with_error(uri, &error) : NULL;
  *is_valid = uri != NULL;
  if (uri) mongoc_uri_destroy(uri);
  if (!inner) return NULL;
  c360_pool *pool = calloc(1, sizeof *pool);
  pool->inner = inner;
  pool->clients_max = options.clients_max;
  pool->clients = calloc(options.clients_max, sizeof *pool->clients);
  pool->idle = calloc(options.clients_max, sizeof *pool->idle);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&pool->writable_changed, &monotonic);
  pthread_cond_init(&pool->idle_changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  mongoc_client_pool_set_error_api(inner, MONGOC_ERROR_API_VERSION_2);
  mongoc_apm_callbacks_t *callbacks = mongoc_apm_callbacks_new();
  mongoc_apm_set_topology_changed_cb(callbacks, topology_changed);
  mongoc_client_pool_set_apm_callbacks(inner, callbacks, pool);
  mongoc_apm_callbacks_destroy(callbacks);
  return pool;
}

static void *free_pool(void *argument) {
  c360_pool *pool = argument;
  // Saying goodbye to a server that does not answer must not take long.
  int64_t deadline = c360_now() + 1000000;
  for (uint32_t i = 0; i < pool->made; i++) {
    c360_client_retire(pool->clients[i], deadline);
    mongoc_client_pool_push(pool->inner, pool->clients[i]->inner);
  }
  mongoc_client_pool_destroy(pool->inner);
  // Only now: streams of libmongoc's clients look at our clients' deadlines.
  for (uint32_t i = 0; i < pool->made; i++) free(pool->clients[i]);
  pthread_cond_destroy(&pool->idle_changed);
  pthread_cond_destroy(&pool->writable_changed);
  pthread_mutex_destroy(&pool->lock);
  free(pool->idle);
  free(pool->clients);
  free(pool);
  return NULL;
}

void c360_pool_free(c360_pool *pool) {
  pthread_t thread;
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  // libmongoc waits up to half a second for its monitors; nobody else needs to.
  if (pthread_create(&thread, &detached, free_pool, pool) != 0) free_pool(pool);
  pthread_attr_destroy(&detached);
}

c360_client *c360_pool_acquire(c360_pool *pool, int64_t deadline) {
  struct timespec end = at(deadline);
  c360_client *client = NULL;
  pthread_mutex_lock(&pool->lock);
  while (pool->idle_count == 0 && pool->made == pool->clients_max) {
    if (pthread_cond_timedwait(&pool->idle_changed, &pool->lock, &end) == ETIMEDOUT) break;
  }
  if (pool->idle_count > 0) {
    // The one used last: its connection is the likeliest to be open.
    client = pool->idle[--pool->idle_count];
    pthread_mutex_unlock(&pool->lock);
    return client;
  }
  if (pool->made == pool->clients_max) {
    pthread_mutex_unlock(&pool->lock);
    return NULL;
  }
  if (pool->made == 0) pool->changed_at = c360_now();
  uint32_t place = pool->made++;
  // A client is made outside of the lock: libmongoc's monitors may be calling topology_changed.
  pthread_mutex_unlock(&pool->lock);
  client = c360_client_make(pool);
  pthread_mutex_lock(&pool->lock);
  pool->clients[place] = client;
  pthread_mutex_unlock(&pool->lock);
  return client;
}

void c360_pool_release(c360_pool *pool, c360_client *client) {
  c360_client_forget_reply(client);
  pthread_mutex_lock(&pool->lock);
  pool->idle[pool->idle_count++] = client;
  pthread_cond_signal(&pool->idle_changed);
  pthread_mutex_unlock(&pool->lock);
}

int c360_pool_is_writable(const c360_pool *pool) { return atomic_load(&pool->writable); }

int c360_pool_wait_writable(c360_pool *pool, int64_t deadline, int64_t patience) {
  if (atomic_load(&pool->writable)) return 1;
  pthread_mutex_lock(&pool->lock);
  int64_t end = pool->changed_at + patience < deadline ? pool->changed_at + patience : deadline;
  struct timespec until = at(end);
  while (!atomic_load(&pool->writable)) {
    if (pthread_cond_timedwait(&pool->writable_changed, &pool->lock, &until) == ETIMEDOUT) break;
  }
  pthread_mutex_unlock(&pool->lock);
  return atomic_load(&pool->writable);
}

int c360_pool_is_refused(c360_pool *pool) {
  int64_t now = c360_now();
  pthread_mutex_lock(&pool->lock);
  int is_refused = pool->refusals > 0 && now < pool->refused_until;
  // One tries for all; should it get no answer, another one does a second later.
  if (pool->refusals > 0 && !is_refused) pool->refused_until = now + 1000000;
  pthread_mutex_unlock(&pool->lock);
  return is_refused;
}

void c360_pool_signed_in(c360_pool *pool, int is_refused) {
  pthread_mutex_lock(&pool->lock);
  if (is_refused) {
    // 0.1 s, doubling up to 5 s, shortened by a random part so that services spread: proving a password costs both sides
    // milliseconds of processor.
    int64_t pause = 100000 << (pool->refusals < 6 ? pool->refusals : 6);
    if (pause > 5000000) pause = 5000000;
    pool->refusals++;
    pool->refused_until = c360_now() + pause / 2 + random() % (pause / 2);
  } else {
    pool->refusals = 0;
  }
  pthread_mutex_unlock(&pool->lock);
}

void c360_pool_counts(c360_pool *pool, uint32_t *in_use, uint32_t *made) {
  pthread_mutex_lock(&pool->lock);
  *in_use = pool->made - pool->idle_count;
  *made = pool->made;
  pthread_mutex_unlock(&pool->lock);
}
