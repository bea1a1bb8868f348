#include "Internal.h"

#include <stdlib.h>
#include <string.h>

const uint32_t c360_domain_server_selection = MONGOC_ERROR_SERVER_SELECTION;
const uint32_t c360_domain_stream = MONGOC_ERROR_STREAM;
const uint32_t c360_domain_client = MONGOC_ERROR_CLIENT;
const uint32_t c360_domain_bson = MONGOC_ERROR_BSON;
const uint32_t c360_domain_command = MONGOC_ERROR_COMMAND;
const uint32_t c360_code_session = MONGOC_ERROR_CLIENT_SESSION_FAILURE;
const uint32_t c360_code_authenticate = MONGOC_ERROR_CLIENT_AUTHENTICATE;

c360_client *c360_client_make(c360_pool *pool) {
  // bson_t asks for an alignment of 128.
  size_t size = (sizeof(c360_client) + 127) / 128 * 128;
  c360_client *client = aligned_alloc(128, size);
  memset(client, 0, size);
  client->pool = pool;
  client->inner = mongoc_client_pool_pop(pool->inner);
  mongoc_client_set_stream_initiator(client->inner, c360_deadline_stream, client);
  return client;
}

void c360_client_forget_reply(c360_client *client) {
  if (client->has_reply) bson_destroy(&client->reply);
  client->has_reply = 0;
}

void c360_client_retire(c360_client *client, int64_t deadline) {
  client->deadline = deadline;
  client->epoch = atomic_load(&client->pool->epoch);
  c360_client_forget_reply(client);
  if (client->session) {
    bson_destroy(&client->options);
    mongoc_client_session_destroy(client->session);
  }
}

static int start_session(c360_client *client) {
  mongoc_session_opt_t *options = mongoc_session_opts_new();
  mongoc_session_opts_set_causal_consistency(options, false);
  mongoc_client_session_t *session = mongoc_client_start_session(client->inner, options, &client->error);
  mongoc_session_opts_destroy(options);
  if (!session) return 0;
  bson_init(&client->options);
  if (!mongoc_client_session_append(session, &client->options, &client->error)) {
    bson_destroy(&client->options);
    mongoc_client_session_destroy(session);
    return 0;
  }
  client->session = session;
  return 1;
}

static int is_session_failure(const c360_client *client) {
  return client->error.domain == MONGOC_ERROR_CLIENT && client->error.code == MONGOC_ERROR_CLIENT_SESSION_FAILURE;
}

static c360_result failure(const c360_client *client) {
  return (c360_result){.domain = client->error.domain, .code = client->error.code};
}

c360_result c360_client_run(c360_client *client, const char *database, const uint8_t *command, size_t length,
                            int writes, int64_t deadline) {
  c360_client_forget_reply(client);
  memset(&client->error, 0, sizeof client->error.domain + sizeof client->error.code + 1);
  client->deadline = deadline;
  client->epoch = atomic_load(&client->pool->epoch);
  if (!client->is_signed_in && c360_pool_is_refused(client->pool)) {
    bson_set_error(&client->error, MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, "refused a moment ago");
    return failure(client);
  }
  // A node that is in no replica set yet has no sessions; reads do without.
  if (!client->session && !start_session(client) && (writes || !is_session_failure(client))) return failure(client);
  const bson_t *options = client->session ? &client->options : NULL;
  bson_t body;
  if (!bson_init_static(&body, command, length)) {
    bson_set_error(&client->error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "command is not a document");
    return failure(client);
  }
  // As a write, libmongoc adds no read preference, which a transaction would refuse; as a read it adds one for a
  // direct connection. Neither adds retries nor concerns: the URI says so.
  if (writes) {
    mongoc_client_write_command_with_opts(client->inner, database, &body, options, &client->reply,
                                          &client->error);
  } else {
    mongoc_client_command_with_opts(client->inner, database, &body, NULL, options, &client->reply,
                                    &client->error);
  }
  client->has_reply = 1;
  // libmongoc makes a document of its own, of labels only, when no server answered.
  int is_answered = bson_has_field(&client->reply, "ok");
  int is_refused = !is_answered && client->error.domain == MONGOC_ERROR_CLIENT &&
                   client->error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE;
  if (is_refused || (is_answered && !client->is_signed_in)) c360_pool_signed_in(client->pool, is_refused);
  client->is_signed_in = is_answered;
  if (!is_answered) return failure(client);
  return (c360_result){.bytes = bson_get_data(&client->reply), .length = client->reply.len};
}

int64_t c360_client_next_transaction(c360_client *client) { return ++client->transaction; }

const char *c360_client_message(const c360_client *client) { return client->error.message; }
