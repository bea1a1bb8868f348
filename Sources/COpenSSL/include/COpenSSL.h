#pragma once
#include <stddef.h>
#include <stdint.h>
#include "COpenSSLTLS.h"

// Digests and randomness of libcrypto, bytes in and bytes out.

/// SHA-256 of `length` bytes into 32 bytes at `digest`. Returns 1 on success.
int c360_sha256(const void *bytes, size_t length, uint8_t *digest);

/// Fills `length` bytes from the system's generator. Returns 1 on success.
int c360_random(uint8_t *bytes, size_t length);

/// Verifies a signature by RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017, section 8.2). Modulus and exponent stand highest byte
/// first. Returns 1 when it is the key's signature of the message.
int c360_rsa_sha256_verify(const uint8_t *modulus, size_t modulus_length, const uint8_t *exponent,
                           size_t exponent_length, const uint8_t *message, size_t length, const uint8_t *signature,
                           size_t signature_length);

/// Compares two buffers of equal length in constant time. Returns 1 when equal.
int c360_equal(const void *a, const void *b, size_t length);
