#include "CHTTPTestSupport.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

test_rsa *test_rsa_make(void) { return (test_rsa *)EVP_RSA_gen(2048); }

size_t test_rsa_modulus(test_rsa *key, unsigned char *bytes, size_t capacity) {
  BIGNUM *modulus = NULL;
  size_t count = 0;
  if (EVP_PKEY_get_bn_param((EVP_PKEY *)key, OSSL_PKEY_PARAM_RSA_N, &modulus) && (size_t)BN_num_bytes(modulus) <= capacity)
    count = (size_t)BN_bn2bin(modulus, bytes);
  BN_free(modulus);
  return count;
}

size_t test_rsa_sign(test_rsa *key, const void *message, size_t length, unsigned char *signature, size_t capacity) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  size_t count = capacity;
  if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, (EVP_PKEY *)key) != 1 ||
      EVP_DigestSign(context, signature, &count, message, length) != 1)
    count = 0;
  EVP_MD_CTX_free(context);
  return count;
}

void test_rsa_free(test_rsa *key) { EVP_PKEY_free((EVP_PKEY *)key); }
