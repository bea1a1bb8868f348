"""Makes malformed requests from good ones: edits of bytes, of tokens, of structure and of how the request is sent."""
import copy
import dataclasses
import gzip
import json
import re
import sys
import zlib

# Values that nest deeply may be put into each other.
sys.setrecursionlimit(20_000)


@dataclasses.dataclass
class Request:
    path: str
    fields: list
    body: bytes
    is_chunked: bool = False


class Raw(str):
    """A token as it stands, such as a number that no float holds."""


class Object(list):
    """Members in order; a key may occur twice."""


def nested(depth, inner=1):
    for _ in range(depth):
        inner = [inner]
    return inner


NUMBERS = [Raw(text) for text in (
    "0", "-0", "-0.0", "-1", "0.1", "1.5", "1e999", "-1e999", "1e308", "1e-999", "1e12", "1000000000001", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "0." + "0" * 400 + "1", "01", "+1", "1.",
    ".5", "0x1", "NaN", "Infinity", "-", "1e", "20240230", "99999999", "253402300799999", "253402300800000", "-62135596800000",
    "-62135596800001", "99999999999999999", "4102444800000")]
TEXTS = [
    "", " ", "\0", "a\0b", "\ud800", "\udc00\ud800", "\U0010ffff", "\ufdd0", "\u202e", "e\u0301", "\u0130", "\x1f", "\x7f", "x" * 512,
    "x" * 513, "\u00e9" * 256, "\u00e9" * 257, "y" * 20_000, "$gt", "$where", "a.b", "a..b", ".", "_id", "__proto__", "../..", "%00",
    "a/b", "true", "null", "1", "-1", "1e400", "NaN", "EUR", "eu", "\u0415UR", "refund", "robot", "test", "a@b.c", "a@" * 500 + "b.c",
    "+1 (555) 010-0123", "+" + "1" * 400, "0000-00-00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "10000-01-01T00:00:00Z",
    "2024-02-30", "2023-02-29T00:00:00Z", "2016-12-31T23:59:60Z", "2024-02-29T12:00:00+24:00", "2024-02-29T12:00:00.123456789Z",
    "2024-02-29t12:00:00z", "2999-01-01T00:00:00Z", "20240229", "1709210096789", "12:00", "=1+1", "<script>", "\r\nX: y", "\ufeffa"]
VALUES = NUMBERS + TEXTS + [
    True, False, None, [], [[]], [None], Object(), Object([("$gt", "")]), Object([("", 1)]), Object([("a\0b", 1)]),
    Object([("$where", "sleep(1)"), ("a.b", 1)]), nested(55), nested(61), nested(64), nested(200), [0] * 3000, [Object()] * 200]
KEYS = TEXTS + [
    "eventId", "userId", "eventTimestamp", "timestamp", "properties", "attributes", "items", "subject", "day", "version", "contentHash",
    "deleted", "identifierKeys", "searchKeys", "receivedAt", "source", "sourceId", "email", "messageId", "type", "context", "traits"]
BYTES = [
    b"\0", b"\xef\xbb\xbf", b'"', b"\\", b"\\u0000", b"\\ud800", b"\\udc00", b"{", b"}", b"[", b"]", b",", b":", b"$", b".", b"\n", b"\r", b"\r\n",
    b"\t", b"1e999", b"9223372036854775808", b"null", b'"$gt":', b"NaN", b"10000-01-01", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\xc3", b"=?utf-8?B?", b"=?utf-8?Q?=00?=", b"--x", b"--y--", b"=\r\n", b"&#0;", b"&#x110000;", b"<!--", b"/*", b"//"]
MEDIA_TYPES = [
    "", "application/json; charset=utf-8", "application/json; charset=latin-1", "text/csv", "text/csv; header=absent", "application/x-ndjson",
    "application/octet-stream", "application/json,text/csv", "APPLICATION/JSON", "application/cloudevents+json",
    "application/cloudevents-batch+json", "message/rfc822", "application/mbox", "multipart/form-data; boundary=x", "text/plain", "a", "*/*",
    "application/json; charset=\"utf-8", "application/ld+json"]
HEADERS = {
    b"Content-Type": [b"multipart/mixed", b"multipart/mixed; boundary=\"\"", b"multipart/mixed; boundary=" + b"z" * 200, b"text/html; charset=x",
                      b"text/plain; charset=utf-16", b"text/plain; charset=utf-7", b"message/rfc822", b"multipart/alternative; boundary=x", b"/", b";"],
    b"Content-Transfer-Encoding": [b"base64", b"x", b"uuencode", b"quoted-printable", b"8bit"],
    b"Date": [b"", b"Thu", b"29 Feb 2024 12:00:00", b"Thu, 32 Feb 99999 25:61:61 +9999", b"1 Jan 0001 00:00:00 +0000", b"1 Jan 1601 00:00 -2359"],
    b"From": [b"", b"<>", b"a", b"a@", b"\"\\\" <a@b.c>", b"a@b.c, d@e.f", b"group: a@b.c;", b"<" + b"a" * 2000 + b"@b.c>", b"=?utf-8?B?AAAA?= <a@b.c>", b"g:" * 200, b"g:" * 20_000],
    b"To": [b"undisclosed-recipients:;", b"g:" * 200_000, b"g:\r\n " * 5_000, b"<" * 20_000, b"(" * 20_000, b"a@b.c, " * 5_000],
    b"Message-ID": [b"", b"<>", b"x", b"<a b>", b"<" + b"i" * 600 + b"@b.c>", b"<\xff@b.c>"],
    b"Subject": [b"=?utf-8?B?/w==?=", b"=?x?Q?a?=", b"s" * 5000, b"\x00", b"=?utf-8?Q?=00?="]}


def parsed(body):
    """A JSON text with its numbers as they stand and all its members."""
    return json.loads(body, object_pairs_hook=Object, parse_float=Raw, parse_int=Raw, parse_constant=Raw)


def written(node, chance):
    if isinstance(node, Raw):
        return str(node)
    if isinstance(node, Object):
        return "{" + ",".join(written(key, chance) + ":" + written(value, chance) for key, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(written(value, chance) for value in node) + "]"
    if isinstance(node, str):
        # Half of the texts stand in bytes; a lone surrogate does so as three bytes that are no UTF-8.
        return json.dumps(node, ensure_ascii=chance.random() < 0.5)
    return json.dumps(node)


def encoded(text):
    return text.encode("utf-8", "surrogatepass")


def places(node, found=None):
    """Every (container, index) of a tree."""
    found = [] if found is None else found
    for index, value in enumerate(node):
        found.append((node, index))
        inner = value[1] if isinstance(node, Object) else value
        if isinstance(inner, list) and len(found) < 2000:
            places(inner, found)
    return found


def edit_structure(root, chance):
    box = [root]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        container, index = chance.choice(places(box))
        is_object = isinstance(container, Object)
        kind = chance.randrange(8)
        if kind < 4 or not is_object and kind < 6:
            value = copy.deepcopy(chance.choice(VALUES))
            container[index] = (container[index][0], value) if is_object else value
        elif kind == 4:
            del container[index]
        elif kind == 5:
            container[index] = (chance.choice(KEYS), container[index][1])
        elif kind == 6:
            # The same member twice, or with another value.
            twin = copy.deepcopy(container[index])
            if is_object and chance.random() < 0.7:
                twin = (twin[0], copy.deepcopy(chance.choice(VALUES)))
            container.insert(chance.randint(0, len(container)), twin)
        elif is_object:
            container.append((chance.choice(KEYS), copy.deepcopy(chance.choice(VALUES))))
        else:
            container[index] = [container[index]]
        if not box:
            break
    return encoded(written(box[0], chance)) if box else b""


def edit_json(body, chance):
    return edit_structure(parsed(body), chance)


def edit_lines(body, chance):
    lines = body.splitlines()
    place = chance.randrange(len(lines))
    lines[place] = edit_json(lines[place], chance)
    if chance.random() < 0.2:
        lines.insert(chance.randint(0, len(lines)), chance.choice([b"", b" ", b"null", b"[]", b"1", b"{}", b"\xef\xbb\xbf", b"{" * 100]))
    return chance.choice([b"\n", b"\n", b"\r\n", b"\n\n"]).join(lines)


def edit_csv(body, chance):
    cells = re.split(rb'((?:,|\r?\n)(?=(?:[^"]*"[^"]*")*[^"]*$))', body)
    place = chance.randrange(0, len(cells), 2)
    kind = chance.randrange(6)
    if kind < 3:
        text = encoded(str(chance.choice(NUMBERS + TEXTS)))
        cells[place] = b'"' + text.replace(b'"', b'""') + b'"' if chance.random() < 0.5 else text
    elif kind == 3:
        del cells[place:place + 2]
    elif kind == 4:
        cells[place:place] = [encoded(str(chance.choice(KEYS))), b","]
    else:
        cells[place] += chance.choice([b'"', b'""', b"\r", b"\n", b'"\n', b";", b"\t", b",,,,"])
    return b"".join(cells)


def edit_mail(body, chance):
    kind = chance.randrange(5)
    if kind < 3:
        name = chance.choice(list(HEADERS))
        value = chance.choice(HEADERS[name])
        found = [match for match in re.finditer(rb"(?mi)^" + name + rb":[^\r\n]*", body)]
        if found and chance.random() < 0.8:
            match = chance.choice(found)
            return body[:match.start()] + name + b": " + value + body[match.end():]
        return name + b": " + value + b"\r\n" + body
    if kind == 3:
        # Parts within parts.
        depth = chance.choice([2, 10, 40, 200])
        for level in range(depth):
            body = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) + body
        return b"From: a@b.c\r\nMessage-ID: <@N@@n>\r\n" + body
    lines = body.split(b"\r\n")
    place = chance.randrange(len(lines))
    lines[place:place + 1] = chance.choice([[], [lines[place]] * 2, [b""], [lines[place] * 300], [b" " + lines[place]]])
    return b"\r\n".join(lines)


def edit_bytes(body, chance):
    body = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        if not body:
            break
        place = chance.randrange(len(body))
        kind = chance.randrange(6)
        if kind == 0:
            body[place] = chance.randrange(256)
        elif kind == 1:
            del body[place]
        elif kind == 2:
            body.insert(place, body[place])
        elif kind == 3:
            del body[place:place + chance.randint(1, 12)]
        elif kind == 4:
            body[place:place] = chance.choice(BYTES)
        else:
            body[place] ^= 1 << chance.randrange(8)
    return bytes(body)


def edit_tokens(body, chance):
    tokens = re.findall(rb'"(?:[^"\\]|\\.)*"|[\w.+-]+|\s+|.', body, re.DOTALL)
    for _ in range(chance.randint(1, 3)):
        if not tokens:
            break
        place, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        kind = chance.randrange(5)
        if kind == 0:
            del tokens[place]
        elif kind == 1:
            tokens.insert(other, tokens[place])
        elif kind == 2:
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif kind == 3:
            tokens[place] = tokens[other]
        else:
            tokens[place] = chance.choice(BYTES)
    return b"".join(tokens)


def cut(body, chance):
    return body[:chance.randrange(len(body) + 1)]


STRUCTURED = {"json": edit_json, "lines": edit_lines, "csv": edit_csv, "mail": edit_mail}


def edit_sending(request, chance):
    """What is wrong is not the body, or not it alone."""
    def put(name, value):
        request.fields = [field for field in request.fields if field[0].lower() != name.lower()] + [(name, value)]
    kind = chance.randrange(7)
    if kind == 0:
        put("Content-Type", chance.choice(MEDIA_TYPES))
    elif kind == 1:
        put("Content-Encoding", chance.choice(["gzip", "deflate", "br", "gzip, gzip", "x", "identity"]))
    elif kind == 2:
        packed = gzip.compress(request.body, mtime=0)
        request.body = chance.choice([packed, packed[:-1], packed[:len(packed) // 2], packed + b"x", packed * 2, edit_bytes(packed, chance),
                                      gzip.compress(b" " * 20_000_000, mtime=0), zlib.compress(request.body), b"\x1f\x8b", b""])
        put("Content-Encoding", "gzip")
    elif kind == 3:
        put("Idempotency-Key", chance.choice(["", "k", "k" * 300, "\"a\"", "\xe9", "a b", "same"]))
    elif kind == 4:
        request.path += chance.choice(["?", "&"]) + chance.choice(["mode=atomic", "mode=", "mode=x", "mode=atomic&mode=partial", "x=1", "%00", "mode[$ne]=1"])
    elif kind == 5:
        request.is_chunked = True
    elif request.fields and len(request.fields) > 1:
        # An attribute in the head.
        place = chance.randrange(1, len(request.fields))
        name, _ = request.fields[place]
        text = encoded(str(chance.choice(TEXTS + NUMBERS)))[:2000].replace(b"\r", b" ").replace(b"\n", b" ")
        fields = {0: [], 1: [(name, text)] * 2}.get(chance.randrange(4), [(name, text)])
        request.fields[place:place + 1] = fields


def request_of(example, number, chance):
    body = example.body
    kind = chance.random()
    if kind < 0.45:
        body = STRUCTURED[example.form](body, chance)
    elif kind < 0.65:
        body = edit_bytes(body, chance)
    elif kind < 0.8:
        body = edit_tokens(body, chance)
    elif kind < 0.84:
        body = cut(body, chance)
    name = str(number).encode()
    body = body.replace(b"@N@", name)
    fields = [("Content-Type", example.media_type)] + [(field, value.replace("@N@", str(number))) for field, value in example.fields]
    request = Request(example.path, fields, body)
    if kind >= 0.84 or chance.random() < 0.05:
        edit_sending(request, chance)
    return request
