#pragma once
#include <stddef.h>

// What tests of TLS need: certificates made on the spot, and a client.

/// Writes a key and a certificate for `name` as PEM files, signed by the authority in the given files, or by itself when
/// they are NULL (it is then an authority too). Returns 1 on success.
int test_make_certificate(const char *name, const char *certificate_file, const char *key_file,
                          const char *authority_file, const char *authority_key_file);

/// A new folder under /tmp: writes its path, of less than 64 bytes.
int test_make_folder(char *path);
/// Removes a folder and the files in it.
void test_remove_folder(const char *path);
/// Writes a file. Returns 1 on success.
int test_write_file(const char *path, const char *text);

/// An RSA key of 2048 bits; its modulus, and what it signs by PKCS #1 v1.5 over SHA-256. Both write their bytes and return
/// how many there are, 0 when `capacity` does not do.
typedef struct test_rsa test_rsa;
test_rsa *test_rsa_make(void);
size_t test_rsa_modulus(test_rsa *key, unsigned char *bytes, size_t capacity);
size_t test_rsa_sign(test_rsa *key, const void *message, size_t length, unsigned char *signature, size_t capacity);
void test_rsa_free(test_rsa *key);

typedef struct test_tls test_tls;

/// Connects over a blocking descriptor, which stays the caller's. NULL stands for OpenSSL's defaults; `protocol` is ALPN's;
/// `version_max` is 0x0302 for TLS 1.1, 0x0303 for TLS 1.2, or 0. Returns NULL when the handshake fails.
test_tls *test_tls_connect(int descriptor, const char *authority_file, const char *certificate_file,
                           const char *key_file, const char *protocol, int version_max);
long test_tls_write(test_tls *tls, const void *bytes, size_t count);
/// A count, 0 after close_notify, -1 for an end without one.
long test_tls_read(test_tls *tls, void *bytes, size_t capacity);
/// The common name of the server's certificate, "TLSv1.3" or the like, and the chosen ALPN protocol.
size_t test_tls_peer_name(test_tls *tls, char *name, size_t size);
const char *test_tls_version(test_tls *tls);
size_t test_tls_protocol(test_tls *tls, char *name, size_t size);
void test_tls_free(test_tls *tls);
