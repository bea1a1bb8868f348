#include "COpenSSL.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>

static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

// Looked up once: SHA256() and EVP_sha256() look it up at every call, under a lock of the whole process.
static void fetch_sha256(void) { sha256 = EVP_MD_fetch(NULL, "SHA256", NULL); }

int c360_sha256(const void *bytes, size_t length, uint8_t *digest) {
  pthread_once(&sha256_once, fetch_sha256);
  return sha256 && EVP_Digest(bytes, length, digest, NULL, sha256, NULL) == 1;
}

int c360_random(uint8_t *bytes, size_t length) { return RAND_bytes(bytes, (int)length) == 1; }

int c360_equal(const void *a, const void *b, size_t length) { return CRYPTO_memcmp(a, b, length) == 0; }
