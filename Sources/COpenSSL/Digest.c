#include "COpenSSL.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

int c360_sha256(const void *bytes, size_t length, uint8_t *digest) {
  return SHA256(bytes, length, digest) != NULL;
}

int c360_random(uint8_t *bytes, size_t length) { return RAND_bytes(bytes, (int)length) == 1; }

int c360_equal(const void *a, const void *b, size_t length) { return CRYPTO_memcmp(a, b, length) == 0; }
