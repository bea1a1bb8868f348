#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Messages by libgmime, without its objects: what Swift sees is a handle, an array of parts and bytes.
// A message may be used on any thread, on one at a time.

/// A parsed message with its parts.
typedef struct c360_mail c360_mail;

/// What a part is.
typedef enum {
  C360_MAIL_LEAF = 0,
  C360_MAIL_MULTIPART = 1,
  /// message/*: another message inside this one. Its parts are not listed.
  C360_MAIL_MESSAGE = 2,
} c360_mail_kind;

/// A part, in the order of the message: a multipart stands before its children, which are one deeper.
/// Strings live as long as the message; those that the message does not have are NULL.
typedef struct {
  c360_mail_kind kind;
  uint32_t depth;
  /// Content-Type, as written.
  const char *type;
  const char *subtype;
  const char *charset;
  const char *format;
  const char *delsp;
  /// multipart/related: the Content-ID of the part to show.
  const char *start;
  /// Content-ID without brackets.
  const char *content_id;
  /// "attachment", "inline", or what else stands there.
  const char *disposition;
  const char *file_name;
} c360_mail_part;

/// An address of a header.
typedef struct {
  /// Decoded.
  const char *name;
  const char *address;
} c360_mail_address;

/// Bytes in memory of malloc.
typedef struct {
  uint8_t *bytes;
  size_t count;
} c360_mail_bytes;

typedef enum {
  C360_MAIL_OK = 0,
  /// Memory ran out, or the bytes hold no header.
  C360_MAIL_UNREADABLE = 1,
  /// More parts than `parts_max`, or nested deeper than `depth_max`.
  C360_MAIL_TOO_MANY_PARTS = 2,
  /// A text is longer than its limit.
  C360_MAIL_TOO_LONG = 3,
  /// The charset is not known.
  C360_MAIL_UNKNOWN_CHARSET = 4,
} c360_mail_status;

/// Parses a message; the bytes are copied. NULL with a status unless it could be read.
c360_mail *c360_mail_parse(const uint8_t *bytes, size_t count, size_t parts_max, uint32_t depth_max,
                           c360_mail_status *status);
void c360_mail_free(c360_mail *mail);

/// The decoded value of the first header of a name, or NULL. Lives as long as the message.
const char *c360_mail_header(c360_mail *mail, const char *name);

/// Seconds since 1970 of the Date header; without one, of the latest Received header.
bool c360_mail_date(c360_mail *mail, int64_t *seconds);

/// The first mailbox of an address header ("From", "Sender", "To", …), groups included. False if there is none.
bool c360_mail_first_address(c360_mail *mail, const char *header, c360_mail_address *address);

/// The parts; their count.
size_t c360_mail_parts(c360_mail *mail, const c360_mail_part **parts);

/// The content of a leaf, transfer encoding undone.
c360_mail_status c360_mail_content(c360_mail *mail, size_t part, size_t count_max, c360_mail_bytes *content);

/// Bytes of a charset as UTF-8. What the charset does not know becomes U+FFFD.
c360_mail_status c360_mail_decode(const char *charset, const uint8_t *bytes, size_t count, size_t count_max,
                                  c360_mail_bytes *text);

void c360_mail_bytes_free(c360_mail_bytes *bytes);
