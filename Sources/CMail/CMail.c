#include "CMail.h"
#include "GMime.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static bool is_a(void *object, GType type) { return object && G_TYPE_CHECK_INSTANCE_TYPE(object, type); }

struct c360_mail {
  GMimeMessage *message;
  c360_mail_part *parts;
  GMimeObject **objects;
  size_t count;
  size_t capacity;
  size_t parts_max;
  uint32_t depth_max;
  c360_mail_status status;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static GMimeParserOptions *options;

static void initialize(void) {
  // For headers with bytes past ASCII and no encoded word.
  static const char *charsets[] = {"utf-8", "windows-1252", NULL};
  g_mime_init();
  options = g_mime_parser_options_new();
  g_mime_parser_options_set_fallback_charsets(options, charsets);
  g_mime_parser_options_set_allow_addresses_without_domain(options, TRUE);
}

static bool add(c360_mail *mail, GMimeObject *object, c360_mail_kind kind, uint32_t depth) {
  if (mail->count == mail->parts_max || depth > mail->depth_max) {
    mail->status = C360_MAIL_TOO_MANY_PARTS;
    return false;
  }
  if (mail->count == mail->capacity) {
    size_t capacity = mail->capacity ? mail->capacity * 2 : 8;
    c360_mail_part *parts = realloc(mail->parts, capacity * sizeof *parts);
    if (parts) mail->parts = parts;
    GMimeObject **objects = realloc(mail->objects, capacity * sizeof *objects);
    if (objects) mail->objects = objects;
    if (!parts || !objects) {
      mail->status = C360_MAIL_UNREADABLE;
      return false;
    }
    mail->capacity = capacity;
  }
  c360_mail_part part = {.kind = kind, .depth = depth};
  GMimeContentType *type = g_mime_object_get_content_type(object);
  if (type) {
    part.type = g_mime_content_type_get_media_type(type);
    part.subtype = g_mime_content_type_get_media_subtype(type);
    part.charset = g_mime_content_type_get_parameter(type, "charset");
    part.format = g_mime_content_type_get_parameter(type, "format");
    part.delsp = g_mime_content_type_get_parameter(type, "delsp");
    part.start = g_mime_content_type_get_parameter(type, "start");
  }
  part.content_id = g_mime_object_get_content_id(object);
  part.disposition = g_mime_object_get_disposition(object);
  if (is_a(object, g_mime_part_get_type())) part.file_name = g_mime_part_get_filename((GMimePart *)(object));
  mail->parts[mail->count] = part;
  mail->objects[mail->count] = object;
  mail->count++;
  return true;
}

// Recursion is bounded by depth_max.
static bool walk(c360_mail *mail, GMimeObject *object, uint32_t depth) {
  if (is_a(object, g_mime_multipart_get_type())) {
    if (!add(mail, object, C360_MAIL_MULTIPART, depth)) return false;
    GMimeMultipart *multipart = (GMimeMultipart *)(object);
    int count = g_mime_multipart_get_count(multipart);
    for (int child = 0; child < count; child++)
      if (!walk(mail, g_mime_multipart_get_part(multipart, child), depth + 1)) return false;
    return true;
  }
  return add(mail, object, is_a(object, g_mime_part_get_type()) ? C360_MAIL_LEAF : C360_MAIL_MESSAGE, depth);
}

c360_mail *c360_mail_parse(const uint8_t *bytes, size_t count, size_t parts_max, uint32_t depth_max,
                           c360_mail_status *status) {
  pthread_once(&once, initialize);
  *status = C360_MAIL_UNREADABLE;
  c360_mail *mail = calloc(1, sizeof *mail);
  if (!mail) return NULL;
  mail->parts_max = parts_max;
  mail->depth_max = depth_max;
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes, count);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  g_object_unref(stream);
  mail->message = g_mime_parser_construct_message(parser, options);
  g_object_unref(parser);
  GMimeObject *root = mail->message ? g_mime_message_get_mime_part(mail->message) : NULL;
  if (root) walk(mail, root, 0);
  *status = mail->message ? mail->status : C360_MAIL_UNREADABLE;
  if (*status != C360_MAIL_OK) {
    c360_mail_free(mail);
    return NULL;
  }
  return mail;
}

void c360_mail_free(c360_mail *mail) {
  if (!mail) return;
  if (mail->message) g_object_unref(mail->message);
  free(mail->parts);
  free(mail->objects);
  free(mail);
}

const char *c360_mail_header(c360_mail *mail, const char *name) {
  const char *value = g_mime_object_get_header((GMimeObject *)(mail->message), name);
  // libgmime keeps Content-* with the body's first part.
  GMimeObject *root = value ? NULL : g_mime_message_get_mime_part(mail->message);
  return root ? g_mime_object_get_header(root, name) : value;
}

bool c360_mail_date(c360_mail *mail, int64_t *seconds) {
  GDateTime *date = g_mime_message_get_date(mail->message);
  if (date) {
    *seconds = g_date_time_to_unix(date);
    return true;
  }
  // When the last server took it in (RFC 5322 §3.6.7): the same however often the message is read.
  const char *received = g_mime_object_get_header((GMimeObject *)(mail->message), "Received");
  const char *semicolon = received ? strrchr(received, ';') : NULL;
  GDateTime *arrival = semicolon ? g_mime_utils_header_decode_date(semicolon + 1) : NULL;
  if (!arrival) return false;
  *seconds = g_date_time_to_unix(arrival);
  g_date_time_unref(arrival);
  return true;
}

static InternetAddressMailbox *first_mailbox(InternetAddressList *list, int depth) {
  int count = list ? internet_address_list_length(list) : 0;
  for (int index = 0; index < count; index++) {
    InternetAddress *address = internet_address_list_get_address(list, index);
    if (is_a(address, internet_address_mailbox_get_type())) {
      const char *text = internet_address_mailbox_get_addr((InternetAddressMailbox *)(address));
      // A comma in a name that is not quoted cuts it into addresses without a domain.
      if (text && strchr(text, '@')) return (InternetAddressMailbox *)(address);
    } else if (is_a(address, internet_address_group_get_type()) && depth < 4) {
      InternetAddressMailbox *found =
          first_mailbox(internet_address_group_get_members((InternetAddressGroup *)(address)), depth + 1);
      if (found) return found;
    }
  }
  return NULL;
}

bool c360_mail_first_address(c360_mail *mail, const char *header, c360_mail_address *address) {
  InternetAddressList *list = NULL;
  if (!g_ascii_strcasecmp(header, "From")) list = g_mime_message_get_from(mail->message);
  else if (!g_ascii_strcasecmp(header, "Sender")) list = g_mime_message_get_sender(mail->message);
  else if (!g_ascii_strcasecmp(header, "Reply-To")) list = g_mime_message_get_reply_to(mail->message);
  else if (!g_ascii_strcasecmp(header, "To")) list = g_mime_message_get_to(mail->message);
  InternetAddressMailbox *mailbox = first_mailbox(list, 0);
  if (!mailbox) return false;
  address->name = internet_address_get_name((InternetAddress *)(mailbox));
  address->address = internet_address_mailbox_get_addr(mailbox);
  return true;
}

size_t c360_mail_parts(c360_mail *mail, const c360_mail_part **parts) {
  *parts = mail->parts;
  return mail->count;
}

static bool copy(c360_mail_bytes *target, const void *bytes, size_t count) {
  target->bytes = malloc(count ? count : 1);
  target->count = target->bytes ? count : 0;
  if (target->bytes && count) memcpy(target->bytes, bytes, count);
  return target->bytes != NULL;
}

c360_mail_status c360_mail_content(c360_mail *mail, size_t part, size_t count_max, c360_mail_bytes *content) {
  *content = (c360_mail_bytes){0};
  if (part >= mail->count || mail->parts[part].kind != C360_MAIL_LEAF) return C360_MAIL_UNREADABLE;
  GMimeDataWrapper *wrapper = g_mime_part_get_content((GMimePart *)(mail->objects[part]));
  // A part without a body.
  if (!wrapper) return copy(content, "", 0) ? C360_MAIL_OK : C360_MAIL_UNREADABLE;
  GMimeStream *stream = g_mime_stream_mem_new();
  g_mime_data_wrapper_write_to_stream(wrapper, stream);
  GByteArray *bytes = g_mime_stream_mem_get_byte_array((GMimeStreamMem *)(stream));
  c360_mail_status status = C360_MAIL_OK;
  if (bytes->len > count_max) status = C360_MAIL_TOO_LONG;
  else if (!copy(content, bytes->data, bytes->len)) status = C360_MAIL_UNREADABLE;
  g_object_unref(stream);
  return status;
}

c360_mail_status c360_mail_decode(const char *charset, const uint8_t *bytes, size_t count, size_t count_max,
                                  c360_mail_bytes *text) {
  pthread_once(&once, initialize);
  *text = (c360_mail_bytes){0};
  iconv_t converter = g_mime_iconv_open("utf-8", charset);
  if (converter == (iconv_t)-1) return C360_MAIL_UNKNOWN_CHARSET;
  // Three bytes for each byte of input are enough for most charsets; the buffer grows when they are not.
  size_t capacity = count * 3 + 64;
  char *output = malloc(capacity);
  char *input = (char *)bytes, *next = output;
  size_t left = count, room = capacity;
  for (bool flushed = false; output && !flushed;) {
    // The last call gives what a charset of combining characters holds back.
    size_t done = left > 0 ? iconv(converter, &input, &left, &next, &room)
                           : (flushed = true, iconv(converter, NULL, NULL, &next, &room));
    if (done != (size_t)-1) continue;
    if (flushed && errno != E2BIG) break;
    flushed = false;
    if (errno == E2BIG || room < 3) {
      size_t used = (size_t)(next - output);
      char *grown = realloc(output, capacity * 2);
      if (!grown) {
        free(output);
        output = NULL;
        break;
      }
      output = grown;
      next = output + used;
      room += capacity;
      capacity *= 2;
    } else {
      // No character of this charset, or a character cut by the end: one byte of it is replaced.
      memcpy(next, "\xEF\xBF\xBD", 3);
      next += 3;
      room -= 3;
      input++;
      left--;
    }
  }
  g_mime_iconv_close(converter);
  if (!output) return C360_MAIL_UNREADABLE;
  text->bytes = (uint8_t *)output;
  text->count = (size_t)(next - output);
  if (text->count > count_max) {
    c360_mail_bytes_free(text);
    return C360_MAIL_TOO_LONG;
  }
  return C360_MAIL_OK;
}

void c360_mail_bytes_free(c360_mail_bytes *bytes) {
  free(bytes->bytes);
  bytes->bytes = NULL;
  bytes->count = 0;
}
