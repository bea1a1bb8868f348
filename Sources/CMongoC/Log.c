#include "Internal.h"

const int c360_log_warning = MONGOC_LOG_LEVEL_WARNING;

static c360_log_handler current;

static void forward(mongoc_log_level_t level, const char *domain, const char *message, void *unused) {
  (void)unused;
  if (current && level <= MONGOC_LOG_LEVEL_WARNING) current((int)level, domain, message);
}

void c360_set_log_handler(c360_log_handler handler) {
  current = handler;
  mongoc_log_set_handler(forward, NULL);
}
