#include "COpenSSLTLS.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static SSL_CTX *openssl_context(c360_tls_context *context) { return (SSL_CTX *)context; }
static SSL *openssl_session(c360_tls_session *session) { return (SSL *)session; }

static const unsigned char protocols[] = "\x08http/1.1";

// HTTP/1.1 is what is spoken here: a client that offers other protocols only is told so (RFC 7301 section 3.2).
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                           unsigned int in_length, void *argument) {
  (void)ssl;
  (void)argument;
  int result = SSL_select_next_proto((unsigned char **)out, out_length, protocols, sizeof protocols - 1, in, in_length);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static c360_tls_context *fail(SSL_CTX *context, const char *what, char *error, size_t error_size) {
  char reason[160] = "";
  unsigned long code = ERR_peek_error();
  if (code) ERR_error_string_n(code, reason, sizeof reason);
  snprintf(error, error_size, "%s: %s", what, reason);
  ERR_clear_error();
  SSL_CTX_free(context);
  return NULL;
}

c360_tls_context *c360_tls_context_new(const char *certificate, const char *key, const char *client_authority,
                                       char *error, size_t error_size) {
  ERR_clear_error();
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context) return fail(NULL, "context", error, error_size);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else.
  if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    return fail(context, "ciphers", error, error_size);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Partial writes go with sockets that do not block; buffers are given up while a connection is idle.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  // Clients resume by ticket: nothing is kept here for them.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  static const unsigned char name[] = "customer360";
  SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
    return fail(context, "certificate", error, error_size);
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    return fail(context, "private key", error, error_size);
  if (SSL_CTX_check_private_key(context) != 1)
    return fail(context, "private key does not fit the certificate", error, error_size);
  if (client_authority) {
    if (SSL_CTX_load_verify_file(context, client_authority) != 1)
      return fail(context, "client authority", error, error_size);
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(client_authority));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  }
  return (c360_tls_context *)context;
}

void c360_tls_context_free(c360_tls_context *context) { SSL_CTX_free(openssl_context(context)); }

c360_tls_session *c360_tls_session_new(c360_tls_context *context, int descriptor) {
  SSL *ssl = SSL_new(openssl_context(context));
  if (!ssl) return NULL;
  if (SSL_set_fd(ssl, descriptor) != 1) {
    SSL_free(ssl);
    return NULL;
  }
  SSL_set_accept_state(ssl);
  return (c360_tls_session *)ssl;
}

// The error of a call that did not return a count.
static long failure(SSL *ssl, int result) {
  switch (SSL_get_error(ssl, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE: return -EAGAIN;
  case SSL_ERROR_ZERO_RETURN: return 0;
  default: ERR_clear_error(); return -EPIPE;
  }
}

int c360_tls_handshake(c360_tls_session *session) {
  SSL *ssl = openssl_session(session);
  ERR_clear_error();
  int result = SSL_do_handshake(ssl);
  if (result == 1) return 1;
  return failure(ssl, result) == -EAGAIN ? -EAGAIN : -1;
}

long c360_tls_read(c360_tls_session *session, void *bytes, size_t capacity) {
  SSL *ssl = openssl_session(session);
  ERR_clear_error();
  size_t count = 0;
  int result = SSL_read_ex(ssl, bytes, capacity, &count);
  return result == 1 ? (long)count : failure(ssl, result);
}

long c360_tls_write(c360_tls_session *session, const void *bytes, size_t count) {
  SSL *ssl = openssl_session(session);
  ERR_clear_error();
  size_t written = 0;
  int result = SSL_write_ex(ssl, bytes, count, &written);
  if (result == 1) return (long)written;
  long code = failure(ssl, result);
  return code == 0 ? -EPIPE : code;
}

void c360_tls_end(c360_tls_session *session) {
  SSL *ssl = openssl_session(session);
  ERR_clear_error();
  if (SSL_is_init_finished(ssl) && !(SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN)) SSL_shutdown(ssl);
  ERR_clear_error();
}

void c360_tls_session_free(c360_tls_session *session) { SSL_free(openssl_session(session)); }

size_t c360_tls_client_name(c360_tls_session *session, char *name, size_t size) {
  X509 *certificate = SSL_get1_peer_certificate(openssl_session(session));
  if (!certificate) return 0;
  int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, (int)size);
  X509_free(certificate);
  return length > 0 ? strnlen(name, size) : 0;
}
