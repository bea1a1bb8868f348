#pragma once
#include <stddef.h>
#include <stdint.h>
#include "COpenSSLTLS.h"

// Digests and randomness of libcrypto, bytes in and bytes out.

/// SHA-256 of `length` bytes into 32 bytes at `digest`. Returns 1 on success.
int c360_sha256(const void *bytes, size_t length, uint8_t *digest);

/// Fills `length` bytes from the system's generator. Returns 1 on success.
int c360_random(uint8_t *bytes, size_t length);

/// Compares two buffers of equal length in constant time. Returns 1 when equal.
int c360_equal(const void *a, const void *b, size_t length);
