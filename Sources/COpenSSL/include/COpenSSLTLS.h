#pragma once
#include <stddef.h>

// The server's side of TLS on non-blocking sockets. Results follow read(2) and write(2): a count, 0 for the end of the
// stream, -EAGAIN to be called again when the socket is ready, another negative number for a connection that is lost.

/// What new connections are made with: certificate, key, protocol settings.
typedef struct c360_tls_context c360_tls_context;
/// One connection.
typedef struct c360_tls_session c360_tls_session;

/// Reads PEM files: a chain, its key, and, unless NULL, the authorities of client certificates, which are then required.
/// Returns NULL and a message in `error` when they do not fit together.
c360_tls_context *c360_tls_context_new(const char *certificate, const char *key, const char *client_authority,
                                       char *error, size_t error_size);
void c360_tls_context_free(c360_tls_context *context);

/// A session over a connected descriptor. It keeps what it needs of the context.
c360_tls_session *c360_tls_session_new(c360_tls_context *context, int descriptor);
/// 1 when done, -EAGAIN when more has to come, -1 when there will be no session.
int c360_tls_handshake(c360_tls_session *session);
long c360_tls_read(c360_tls_session *session, void *bytes, size_t capacity);
/// A write that returned -EAGAIN is repeated with the same bytes.
long c360_tls_write(c360_tls_session *session, const void *bytes, size_t count);
/// Sends close_notify, once.
void c360_tls_end(c360_tls_session *session);
void c360_tls_session_free(c360_tls_session *session);
/// The common name of the client's verified certificate, cut to `size`; returns its length, 0 without one.
size_t c360_tls_client_name(c360_tls_session *session, char *name, size_t size);
