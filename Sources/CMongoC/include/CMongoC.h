#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CMongoProcess.h"

// libmongoc for Swift: commands and replies as BSON bytes. libbson's structs are over-aligned and stay on this side.
//
// Threads: a pool may be used by any number of threads; a client belongs to one thread between acquire and release.
// Times are microseconds of CLOCK_MONOTONIC.

typedef struct c360_pool c360_pool;
typedef struct c360_client c360_client;

/// What became of a command. `bytes` is NULL when no server answered; else they live until the client's next command
/// or its release.
typedef struct {
  const uint8_t *bytes;
  size_t length;
  /// libmongoc's error domain and code when no server answered.
  uint32_t domain;
  uint32_t code;
} c360_result;

typedef struct {
  /// Clients handed out at the same time, those of change streams included.
  uint32_t clients_max;
  int32_t connect_timeout_ms;
  int32_t selection_timeout_ms;
  int32_t heartbeat_ms;
} c360_pool_options;

/// The level of libmongoc's warnings; its errors are below.
extern const int c360_log_warning;

typedef void (*c360_log_handler)(int level, const char *domain, const char *message);

/// Initializes libmongoc and hands its warnings and errors to `handler`. Call once, before anything else.
void c360_initialize(c360_log_handler handler);

/// A pool for the URI, or NULL when the URI cannot be read (`is_valid` is 0) or its servers cannot be looked up.
c360_pool *c360_pool_new(const char *uri, const char *application, c360_pool_options options, int *is_valid);

/// Ends every session and connection, in the background. All clients have been released.
void c360_pool_free(c360_pool *pool);

/// A client, waiting for one until `deadline`; NULL when the time has passed.
c360_client *c360_pool_acquire(c360_pool *pool, int64_t deadline);

/// Gives a client back; its last reply dies.
void c360_pool_release(c360_pool *pool, c360_client *client);

/// Whether a server that takes writes is known.
int c360_pool_is_writable(const c360_pool *pool);

/// Waits until such a server is known. Gives up (0) at `deadline`, or as soon as none has been known for `patience`
/// microseconds.
int c360_pool_wait_writable(c360_pool *pool, int64_t deadline, int64_t patience);

/// Clients in use, and clients made so far.
void c360_pool_counts(c360_pool *pool, uint32_t *in_use, uint32_t *made);

/// Runs a command on the primary; network reads and writes end at `deadline`. Adds $db, lsid and $clusterTime.
c360_result c360_client_run(c360_client *client, const char *database, const uint8_t *command, size_t length,
                            int writes, int64_t deadline);

/// The next transaction number of the client's session.
int64_t c360_client_next_transaction(c360_client *client);

/// libmongoc's words on the last failure: for the log only.
const char *c360_client_message(const c360_client *client);

/// CLOCK_MONOTONIC in microseconds.
int64_t c360_now(void);

// Domains and codes of c360_result that callers tell apart.
extern const uint32_t c360_domain_server_selection;
extern const uint32_t c360_domain_stream;
extern const uint32_t c360_domain_client;
extern const uint32_t c360_domain_bson;
extern const uint32_t c360_domain_command;
extern const uint32_t c360_code_authenticate;
extern const uint32_t c360_code_session;
