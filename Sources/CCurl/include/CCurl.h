#pragma once
#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

// libcurl's options are a variadic function, which Swift cannot call: one function for each type of argument.
// Each returns CURLE_OK (0) on success.

/// Sets an option that is a number.
CURLcode c360_curl_set_number(CURL *handle, CURLoption option, long value);

/// Sets an option that is a string; libcurl copies it.
CURLcode c360_curl_set_text(CURL *handle, CURLoption option, const char *value);

/// Makes the next request a POST of `count` bytes, which must stay where they are until it is done.
CURLcode c360_curl_set_body(CURL *handle, const void *bytes, size_t count);

/// Sets the header lines of the following requests, which must stay until these are done.
CURLcode c360_curl_set_headers(CURL *handle, struct curl_slist *lines);

/// What a request answered: a growing buffer. Zero it, give its limit, free it with `c360_answer_free`.
typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t count_max;
  size_t capacity;
} c360_answer;

/// Appends the bodies of the following answers to `answer`, which must stay until they are done. A body past the limit
/// fails the request with CURLE_WRITE_ERROR.
CURLcode c360_curl_set_answer(CURL *handle, c360_answer *answer);

/// Frees the buffer.
void c360_answer_free(c360_answer *answer);

/// The HTTP status of the last answer.
long c360_curl_status(CURL *handle);

/// Seconds of the last answer's Retry-After, 0 without one.
long long c360_curl_retry_after(CURL *handle);
