#include "CHTTPTestSupport.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static EVP_PKEY *read_key(const char *file) {
  FILE *stream = fopen(file, "r");
  if (!stream) return NULL;
  EVP_PKEY *key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
  fclose(stream);
  return key;
}

static X509 *read_certificate(const char *file) {
  FILE *stream = fopen(file, "r");
  if (!stream) return NULL;
  X509 *certificate = PEM_read_X509(stream, NULL, NULL, NULL);
  fclose(stream);
  return certificate;
}

static void add_extension(X509 *certificate, int nid, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

int test_make_certificate(const char *name, const char *certificate_file, const char *key_file,
                          const char *authority_file, const char *authority_key_file) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  X509 *issuer = authority_file ? read_certificate(authority_file) : certificate;
  EVP_PKEY *issuer_key = authority_key_file ? read_key(authority_key_file) : key;
  static long serial = 1;
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                             -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  add_extension(certificate, NID_basic_constraints, authority_file ? "CA:FALSE" : "critical,CA:TRUE");
  add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  int result = X509_sign(certificate, issuer_key, EVP_sha256()) > 0;
  FILE *stream = fopen(certificate_file, "w");
  result = result && stream && PEM_write_X509(stream, certificate);
  if (stream) fclose(stream);
  stream = fopen(key_file, "w");
  result = result && stream && PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL);
  if (stream) fclose(stream);
  if (issuer != certificate) X509_free(issuer);
  if (issuer_key != key) EVP_PKEY_free(issuer_key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return result;
}

test_tls *test_tls_connect(int descriptor, const char *authority_file, const char *certificate_file,
                           const char *key_file, const char *protocol, int version_max) {
  struct timeval patience = {5, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  signal(SIGPIPE, SIG_IGN);
  ERR_clear_error();
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (authority_file) {
    SSL_CTX_load_verify_file(context, authority_file);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  }
  if (certificate_file) SSL_CTX_use_certificate_chain_file(context, certificate_file);
  if (key_file) SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM);
  if (version_max) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, version_max);
    SSL_CTX_set_security_level(context, 0);
  }
  SSL *ssl = SSL_new(context);
  SSL_CTX_free(context);
  if (protocol) {
    unsigned char list[64];
    size_t length = strlen(protocol);
    list[0] = (unsigned char)length;
    memcpy(list + 1, protocol, length);
    SSL_set_alpn_protos(ssl, list, (unsigned int)length + 1);
  }
  SSL_set_fd(ssl, descriptor);
  if (SSL_connect(ssl) == 1) return (test_tls *)ssl;
  SSL_free(ssl);
  return NULL;
}

long test_tls_write(test_tls *tls, const void *bytes, size_t count) {
  ERR_clear_error();
  return SSL_write((SSL *)tls, bytes, (int)count);
}

long test_tls_read(test_tls *tls, void *bytes, size_t capacity) {
  ERR_clear_error();
  int count = SSL_read((SSL *)tls, bytes, (int)capacity);
  if (count > 0) return count;
  return SSL_get_error((SSL *)tls, count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

size_t test_tls_peer_name(test_tls *tls, char *name, size_t size) {
  X509 *certificate = SSL_get1_peer_certificate((SSL *)tls);
  if (!certificate) return 0;
  int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, (int)size);
  X509_free(certificate);
  return length > 0 ? (size_t)length : 0;
}

const char *test_tls_version(test_tls *tls) { return SSL_get_version((SSL *)tls); }

size_t test_tls_protocol(test_tls *tls, char *name, size_t size) {
  const unsigned char *protocol = NULL;
  unsigned int length = 0;
  SSL_get0_alpn_selected((SSL *)tls, &protocol, &length);
  if (length > size) length = (unsigned int)size;
  if (length) memcpy(name, protocol, length);
  return length;
}

void test_tls_free(test_tls *tls) { SSL_free((SSL *)tls); }

int test_make_folder(char *path) {
  strcpy(path, "/tmp/http-server-tests-XXXXXX");
  return mkdtemp(path) != NULL;
}

void test_remove_folder(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return;
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, 0);
  }
  closedir(folder);
  rmdir(path);
}

int test_write_file(const char *path, const char *text) {
  FILE *stream = fopen(path, "w");
  if (!stream) return 0;
  int result = fputs(text, stream) >= 0;
  return fclose(stream) == 0 && result;
}
