#include "COpenSSL.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

static EVP_PKEY *rsa_key(const BIGNUM *modulus, const BIGNUM *exponent) {
  EVP_PKEY *key = NULL;
  OSSL_PARAM *parameters = NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  if (builder && context && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) &&
      (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    key = NULL;
  }
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  EVP_PKEY_CTX_free(context);
  return key;
}

int c360_rsa_sha256_verify(const uint8_t *modulus, size_t modulus_length, const uint8_t *exponent,
                           size_t exponent_length, const uint8_t *message, size_t length, const uint8_t *signature,
                           size_t signature_length) {
  BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
  BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
  EVP_PKEY *key = n && e ? rsa_key(n, e) : NULL;
  EVP_MD_CTX *context = key ? EVP_MD_CTX_new() : NULL;
  // PKCS #1 v1.5 is the padding of an RSA key unless another is asked for.
  int is_good = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, signature_length, message, length) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BN_free(e);
  BN_free(n);
  // A bad signature leaves its reason in the thread's queue, where a TLS session would take it for its own.
  ERR_clear_error();
  return is_good;
}
