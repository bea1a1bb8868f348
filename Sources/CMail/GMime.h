#pragma once
#include <glib-object.h>
#include <iconv.h>

// What CMail.c calls of libgmime 3, over types that stay opaque. Its own header stands in a folder that only unsafeFlags could
// name, and a package with those cannot be a versioned dependency. `make lint` holds this file against the installed header.

typedef struct _GMimeObject GMimeObject;
typedef struct _GMimeMessage GMimeMessage;
typedef struct _GMimePart GMimePart;
typedef struct _GMimeMultipart GMimeMultipart;
typedef struct _GMimeContentType GMimeContentType;
typedef struct _GMimeDataWrapper GMimeDataWrapper;
typedef struct _GMimeParser GMimeParser;
typedef struct _GMimeParserOptions GMimeParserOptions;
typedef struct _GMimeFormatOptions GMimeFormatOptions;
typedef struct _GMimeStream GMimeStream;
typedef struct _GMimeStreamMem GMimeStreamMem;
typedef struct _InternetAddress InternetAddress;
typedef struct _InternetAddressGroup InternetAddressGroup;
typedef struct _InternetAddressList InternetAddressList;
typedef struct _InternetAddressMailbox InternetAddressMailbox;

void g_mime_init(void);
GMimeParserOptions *g_mime_parser_options_new(void);
void g_mime_parser_options_set_fallback_charsets(GMimeParserOptions *options, const char **charsets);
void g_mime_parser_options_set_allow_addresses_without_domain(GMimeParserOptions *options, gboolean allow);
GMimeParser *g_mime_parser_new_with_stream(GMimeStream *stream);
GMimeMessage *g_mime_parser_construct_message(GMimeParser *parser, GMimeParserOptions *options);

GType g_mime_part_get_type(void);
GType g_mime_multipart_get_type(void);
GMimeContentType *g_mime_object_get_content_type(GMimeObject *object);
const char *g_mime_object_get_content_id(GMimeObject *object);
const char *g_mime_object_get_disposition(GMimeObject *object);
const char *g_mime_object_get_header(GMimeObject *object, const char *header);
const char *g_mime_content_type_get_media_type(GMimeContentType *type);
const char *g_mime_content_type_get_media_subtype(GMimeContentType *type);
const char *g_mime_content_type_get_parameter(GMimeContentType *type, const char *name);
int g_mime_multipart_get_count(GMimeMultipart *multipart);
GMimeObject *g_mime_multipart_get_part(GMimeMultipart *multipart, int index);
const char *g_mime_part_get_filename(GMimePart *part);
GMimeDataWrapper *g_mime_part_get_content(GMimePart *part);

GMimeObject *g_mime_message_get_mime_part(GMimeMessage *message);
GDateTime *g_mime_message_get_date(GMimeMessage *message);
GDateTime *g_mime_utils_header_decode_date(const char *text);
InternetAddressList *g_mime_message_get_from(GMimeMessage *message);
InternetAddressList *g_mime_message_get_sender(GMimeMessage *message);
InternetAddressList *g_mime_message_get_reply_to(GMimeMessage *message);
InternetAddressList *g_mime_message_get_to(GMimeMessage *message);

GType internet_address_group_get_type(void);
GType internet_address_mailbox_get_type(void);
int internet_address_list_length(InternetAddressList *list);
InternetAddress *internet_address_list_get_address(InternetAddressList *list, int index);
InternetAddressList *internet_address_group_get_members(InternetAddressGroup *group);
const char *internet_address_get_name(InternetAddress *address);
const char *internet_address_mailbox_get_addr(InternetAddressMailbox *mailbox);

GMimeStream *g_mime_stream_mem_new(void);
GMimeStream *g_mime_stream_mem_new_with_buffer(const char *buffer, size_t length);
GByteArray *g_mime_stream_mem_get_byte_array(GMimeStreamMem *stream);
ssize_t g_mime_data_wrapper_write_to_stream(GMimeDataWrapper *wrapper, GMimeStream *stream);
iconv_t g_mime_iconv_open(const char *to, const char *from);
int g_mime_iconv_close(iconv_t converter);
