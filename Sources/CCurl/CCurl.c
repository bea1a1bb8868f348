#include "CCurl.h"
#include <stdlib.h>
#include <string.h>

CURLcode c360_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

CURLcode c360_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

CURLcode c360_curl_set_body(CURL *handle, const void *bytes, size_t count) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_POST, 1L);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  // Without a copy. A null pointer would make libcurl ask a read function for the body.
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes ? bytes : "");
  return code;
}

CURLcode c360_curl_set_headers(CURL *handle, struct curl_slist *lines) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines);
}

static size_t append(char *bytes, size_t size, size_t count, void *target) {
  c360_answer *answer = target;
  size_t added = size * count;
  if (added > answer->count_max - answer->count) return 0;
  if (added > answer->capacity - answer->count) {
    size_t capacity = answer->capacity ? answer->capacity : 4096;
    while (capacity - answer->count < added) capacity *= 2;
    uint8_t *grown = realloc(answer->bytes, capacity);
    if (!grown) return 0;
    answer->bytes = grown;
    answer->capacity = capacity;
  }
  if (added) memcpy(answer->bytes + answer->count, bytes, added);
  answer->count += added;
  return added;
}

CURLcode c360_curl_set_answer(CURL *handle, c360_answer *answer) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
  return code;
}

void c360_answer_free(c360_answer *answer) {
  free(answer->bytes);
  answer->bytes = NULL;
  answer->count = answer->capacity = 0;
}

long c360_curl_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

long long c360_curl_retry_after(CURL *handle) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
  return seconds;
}
