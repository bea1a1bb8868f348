"""Requirements 16 to 18, 22 to 27, 29, 30 and 34: connections, methods, fields, codings, conditions."""

import gzip, zlib

from cases import PROBE, case, get, post, chunked
from framing import BATCH, BODY
from wire import need

CUSTOMER = b"/customers/@ID"

# 16: persistence (section 9.3, 9.6)
case(16, "HTTP/1.1 persists", PROBE, 200)
for value in (b"close", b"Close", b"CLOSE", b" close ", b"foo, close", b"close, foo", b"keep-alive, close", b",close,", b"foo,\tclose"):
    case(16, f"Connection {value!r}", get(b"/livez", b"Connection: " + value), 200, "close")
    case(16, f"Connection {value!r}, a request behind it", get(b"/livez", b"Connection: " + value) + PROBE, 200, "close")
for value in (b"keep-alive", b"foo", b"", b"closed", b"\"close\"", b"xclose", b"close-not"):
    case(16, f"Connection {value!r}", get(b"/livez", b"Connection: " + value), 200)
case(16, "close in a second line", get(b"/livez", b"Connection: keep-alive", b"Connection: close"), 200, "close")
case(16, "HTTP/1.0 closes", get(version=b"HTTP/1.0"), 200, "close")
case(16, "HTTP/1.0 with close", get(b"/livez", b"Connection: close", version=b"HTTP/1.0"), 200, "close")
for value in (b"keep-alive", b"Keep-Alive", b"KEEP-ALIVE", b"foo, keep-alive"):
    case(16, f"HTTP/1.0 with {value.decode()}", get(b"/livez", b"Connection: " + value, version=b"HTTP/1.0"), 200,
         check=lambda a: (a.field("Connection") or "").lower() == "keep-alive")
case(16, "HTTP/1.0 with both", get(b"/livez", b"Connection: keep-alive, close", version=b"HTTP/1.0"), 200, "close")
case(16, "close on an error", get(b"/nowhere", b"Connection: close"), 404, "close")
case(16, "close on a POST", post(BATCH, BODY, b"Connection: close"), 200, "close")
case(16, "HTTP/1.0 POST", post(BATCH, BODY).replace(b"HTTP/1.1", b"HTTP/1.0"), 200, "close")

# Fields of other protocols and of other hops are left alone (RFC 9110 section 7.6, 7.8)
for fields in ((b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), (b"Connection: upgrade", b"Upgrade: websocket"),
               (b"Connection: Upgrade", b"Upgrade: TLS/1.2"), (b"Upgrade: HTTP/2.0",), (b"TE: trailers", b"Connection: TE"), (b"Trailer: X",), (b"Keep-Alive: timeout=1, max=1",),
               (b"Proxy-Connection: close",), (b"Max-Forwards: 0",), (b"Via: 1.1 a",), (b"Cookie: a=b", b"Cookie: c=d"), (b"Accept: text/html;q=0.5, */*;q=0",),
               (b"Accept-Language: x",), (b"Accept-Charset: utf-16",), (b"Content-Location: //evil.example/",), (b"Prefer: respond-async",), (b"Connection: Host",),
               (b"Connection: Content-Length",), (b"Origin: null",), (b"Referer: \xff",), (b"Forwarded: for=1",), (b"X-Forwarded-For: 1.2.3.4, 5.6.7.8",)):
    case(16, f"{b', '.join(fields)!r} changes nothing", get(b"/livez", *fields), 200, check=lambda a: a.field("Upgrade") is None)
    case(16, f"{b', '.join(fields)!r} changes nothing of a body", post(BATCH, BODY, *fields), 200)
case(16, "a thousand requests on one connection", PROBE * 1000, 200, more=(("GET", 200),) * 999)

# 17 and 18: pipelines (section 9.3.2)
case(17, "three thousand at once", PROBE * 3000, 200, more=(("GET", 200),) * 2999)
case(17, "a 404, a 405, a 415 and a 400 of a handler between them", get(b"/nowhere") + get(b"/livez", b"Content-Length: 0", method=b"POST") + post(BATCH, BODY, type=b"text/html") + post(BATCH, b"{") + PROBE,
     404, more=(("POST", 405), ("POST", 415), ("POST", 400), ("GET", 200)))
case(17, "five at once", PROBE * 5, 200, more=(("GET", 200),) * 4)
case(17, "answers in order", PROBE + get(b"/nowhere") + get(b"/limits") + get(CUSTOMER), 200, more=(("GET", 404), ("GET", 200), ("GET", 200)))
case(17, "two hundred at once", PROBE * 200, 200, more=(("GET", 200),) * 199)
case(17, "bodies between them", post(BATCH, BODY) + PROBE + post(BATCH, BODY) + get(b"/nowhere"), 200, more=(("GET", 200), ("POST", 200), ("GET", 404)))
case(17, "HEAD between GETs", PROBE + get(method=b"HEAD") + PROBE, 200, more=(("HEAD", 200), ("GET", 200)))
case(17, "in odd pieces", [(PROBE * 3)[:17], (PROBE * 3)[17:60], (PROBE * 3)[60:]], 200, more=(("GET", 200),) * 2)
case(17, "a byte at a time", [bytes([b]) for b in PROBE], 200, gap=0.001)
case(17, "the last one closes", PROBE + get(b"/livez", b"Connection: close") + PROBE, 200, "any", more=(("GET", 200),))
case(18, "a bad one behind a good one", PROBE + b"BAD\r\n\r\n" + PROBE, 200, "any", more=(("GET", 400),))
case(18, "one answer to garbage, the rest is dropped", b"BAD\r\n\r\n" + PROBE * 10, 400, "close")
case(18, "one answer to a bad field", get(b"/livez", b"X y") + PROBE * 3, 400, "close")
case(18, "one answer to a bad chunk", chunked(BATCH, b"zz\r\n") + PROBE * 3, 400, "close")
case(18, "one answer to a bad length", get(b"/livez", b"Content-Length: x") + PROBE * 3, 400, "close")

# 23: methods
for method in (b"BREW", b"get", b"Get", b"gET", b"PROPFIND", b"X", b"G", b"GETT", b"!#$%&'*+-.^_`|~", b"M-SEARCH", b"A" * 100, b"head", b"PURGE"):
    case(23, f"{method.decode()} is not implemented", get(method=method), 501)
case(23, "an unknown method on no path", get(b"/nowhere", method=b"BREW"), 501)
for method in (b"G(T", b"G\xc3\x89T", b"G/T", b"\"GET\"", b"G@T", b"G:T", b"GE[T", b"{GET}", b"<GET>", b"G,T", b"G;T", b"=GET"):
    case(23, f"{method!r} is no token", get(method=method), 400, "close")
ALLOWS = lambda *methods: lambda a: set(methods) <= set((a.field("Allow") or "").split(", "))
for method in (b"POST", b"PUT", b"PATCH", b"DELETE", b"TRACE"):
    case(23, f"{method.decode()} on a probe", get(b"/livez", b"Content-Length: 0", method=method), 405, check=ALLOWS("GET", "HEAD"))
for method in (b"POST", b"TRACE"):
    case(23, f"{method.decode()} on a customer", get(CUSTOMER, b"Content-Length: 0", method=method), 405, check=ALLOWS("GET", "HEAD"))
for method in (b"GET", b"HEAD", b"PUT", b"PATCH", b"DELETE", b"TRACE"):
    case(23, f"{method.decode()} on a batch", get(b"/ingest/events", method=method), 405, method=method.decode(), check=ALLOWS("POST"))
case(23, "Allow does not name what is not allowed", get(b"/livez", b"Content-Length: 0", method=b"POST"), 405,
     check=lambda a: "POST" not in a.field("Allow") and "TRACE" not in a.field("Allow"))
case(23, "TRACE does not echo", get(b"/livez", b"Cookie: secret", method=b"TRACE"), (405, 501), check=lambda a: b"secret" not in a.body)
case(23, "TRACE on no path", get(b"/nowhere", method=b"TRACE"), (405, 501), "any")
case(23, "TRACE on the root", get(b"/", method=b"TRACE"), (405, 501), "any")
case(23, "OPTIONS on a probe", get(method=b"OPTIONS"), 204, check=ALLOWS("GET", "HEAD", "OPTIONS"))
case(23, "OPTIONS on a batch", get(b"/ingest/events", method=b"OPTIONS"), 204, check=ALLOWS("POST", "OPTIONS"))
case(23, "OPTIONS on a customer", get(CUSTOMER, method=b"OPTIONS"), 204, check=ALLOWS("GET"))
case(23, "OPTIONS *", get(b"*", method=b"OPTIONS"), 204)
for target in (b"http://localhost", b"http://localhost:80", b"HTTP://localhost"):
    case(23, f"OPTIONS {target.decode()} asks for the whole server", get(target, method=b"OPTIONS"), 204, check=ALLOWS("GET", "POST"))
case(23, "OPTIONS on an absolute target", get(b"http://localhost/livez", method=b"OPTIONS"), 204, check=ALLOWS("GET", "HEAD"))
case(23, "OPTIONS * in HTTP/1.0", get(b"*", method=b"OPTIONS", version=b"HTTP/1.0"), 204, "close")
case(23, "OPTIONS * with a body", get(b"*", b"Content-Length: 5", method=b"OPTIONS") + b"abcde", 204)
case(23, "OPTIONS on no path", get(b"/nowhere", method=b"OPTIONS"), (204, 404))
case(23, "an override by a field is ignored", get(b"/livez", b"X-HTTP-Method-Override: DELETE", b"X-Original-URL: /limits"), 200,
     check=lambda a: a.json["status"] == "live")

# 24: HEAD (RFC 9110 section 9.3.2)
def same_as_get(target, *fields, status=200):
    def check(head, client):
        client.send(get(target, *fields).replace(b"@ID", CURRENT["id"]))
        body = client.answer()
        for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Vary", "Content-Encoding", "Allow", "Location"):
            need(head.field(name) == body.field(name), f"{name}: {head.field(name)!r} for HEAD, {body.field(name)!r} for GET")
        need(head.status == body.status, f"{head.status} for HEAD, {body.status} for GET")
        need(int(head.field("Content-Length")) == len(body.body), "Content-Length of HEAD is not that of the body")
    case(24, f"HEAD {target.decode()} {b' '.join(fields).decode()}", get(target, *fields, method=b"HEAD"), status, method="HEAD", check=check)

CURRENT = {"id": b""}
for target, status in ((b"/livez", 200), (b"/readyz", 200), (b"/limits", 200), (b"/openapi.yaml", 200), (b"/docs", 200), (b"/", 303), (CUSTOMER, 200),
                       (b"/customers/none", 404), (b"/nowhere", 404), (b"/customers/lookup?x=1", 400), (b"/customers/%ff", 400), (b"/models", 200),
                       (b"/customers/lookup?email=ada@example.com", 200), (CUSTOMER + b"/events", 200), (CUSTOMER + b"/timeline", 200)):
    same_as_get(target, status=status)
same_as_get(b"/openapi.yaml", b"Accept-Encoding: gzip")
same_as_get(CUSTOMER, b"Accept-Encoding: gzip")
case(24, "HEAD with an error of the parser", get(b"/livez", b"X y", method=b"HEAD"), 400, "close", method="HEAD")
case(24, "HEAD with an unknown expectation", get(b"/livez", b"Expect: x", method=b"HEAD"), 417, "any", method="HEAD")

# 25: fields of every answer are checked for every case; here the values
case(25, "a 204 has no length", get(method=b"OPTIONS"), 204, check=lambda a: a.field("Content-Length") is None and a.field("Content-Type") is None)
case(25, "a request id is taken over", get(b"/livez", b"X-Request-Id: abc-123"), 200, check=lambda a: a.field("X-Request-Id") == "abc-123")
for value in (b"a b", b"<script>", b"a\"b", b"x" * 129, b"\xff", b"a;b"):
    case(25, f"a request id of {value[:10]!r} is not", get(b"/livez", b"X-Request-Id: " + value), 200,
         check=lambda a: 1 <= len(a.field("X-Request-Id")) <= 64)
TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
case(25, "a trace goes on", get(b"/livez", b"traceparent: " + TRACE), 200,
     check=lambda a: (a.field("traceparent") or "").startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-") and a.field("traceparent").encode() != TRACE)
case(25, "a bad trace is ignored", get(b"/livez", b"traceparent: 00-xyz"), 200, check=lambda a: a.field("traceparent") is None)

# 26: media types (RFC 9110 section 15.5.16)
for value in (b"application/json", b"APPLICATION/JSON", b"application/json; charset=utf-8", b"application/json;charset=UTF-8", b"application/json ; charset=\"utf-8\"",
              b"application/vnd.shop+json", b"application/ld+json; profile=\"x\"", b"application/json;a=b;c=d", b"application/json;"):
    case(26, f"type {value!r}", post(BATCH, BODY, type=value), 200)
for value in (b"text/html", b"text/plain", b"application/xml", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"application/jsonx",
              b"application/json; charset=iso-8859-1", b"application/json; charset=utf-16", b"application/json;charset=latin1", b"json", b"*/*", b"application/*",
              b"", b"application", b"/json", b"application/", b"application/json, text/plain", b"text/json", b"application/json charset=utf-8", b"image/png",
              b"application/json; charset=utf-8; charset=latin1", b"text/csv", b"application/x-ndjson", b"message/rfc822", b"application/json; charset=",
              b"x+json", b"text/x+json", b"application/json\xff"):
    case(26, f"type {value!r}", post(BATCH, BODY, type=value) if value else get(BATCH, b"Content-Type:", b"Content-Length: 13", method=b"POST") + BODY, 415,
         check=lambda a: "application/json" in (a.field("Accept") or ""))
case(26, "no type", post(BATCH, BODY, type=None), 415, check=lambda a: "application/json" in (a.field("Accept") or ""))
case(26, "two types", post(BATCH, BODY, b"Content-Type: text/html"), 415)
case(26, "no body needs no type", get(BATCH, b"Content-Length: 0", method=b"POST"), 400)
case(26, "no length and no type", get(BATCH, method=b"POST"), 400)
case(26, "a type without a body", get(BATCH, b"Content-Type: text/html", b"Content-Length: 0", method=b"POST"), (400, 415))
for value, body in ((b"application/json", b"[]"), (b"application/x-ndjson", b""), (b"text/csv", b""), (b"application/x-ndjson; charset=utf-8", b"\n"),
                    (b"text/csv; charset=utf-8; header=absent", b"\r\n"), (b"application/cloudevents-batch+json", b"[]")):
    case(26, f"a batch as {value.decode()}", post(b"/ingest/events", body, type=value), 200)
for value in (b"text/plain", b"text/csv; charset=latin1", b"application/xml", b"application/octet-stream", b"text/html"):
    case(26, f"a batch as {value.decode()}", post(b"/ingest/events", b"[]", type=value), 415,
         check=lambda a: all(t in a.field("Accept") for t in ("application/json", "application/x-ndjson", "text/csv")))
for coding in (b"br", b"deflate", b"compress", b"zstd", b"gzip, gzip", b"gzip, br", b"x", b"identity, br", b"*", b"gzip;q=1"):
    case(26, f"coding {coding.decode()}", post(BATCH, BODY, b"Content-Encoding: " + coding), 415,
         check=lambda a: "gzip" in (a.field("Accept-Encoding") or ""))
for coding in (b"identity", b"IDENTITY", b"", b"identity, identity"):
    case(26, f"coding {coding!r}", post(BATCH, BODY, b"Content-Encoding: " + coding), 200)

# 27: gzip (RFC 9110 section 8.4.1.3, 12.5.3)
ZIPPED = gzip.compress(BODY)
def zipped(body, target=BATCH, coding=b"gzip"):
    return post(target, body, b"Content-Encoding: " + coding)
case(27, "a gzip body", zipped(ZIPPED), 200)
case(27, "GZIP in capitals", zipped(ZIPPED, coding=b"GZIP"), 200)
case(27, "identity and gzip", zipped(ZIPPED, coding=b"identity, gzip"), (200, 415))
case(27, "a gzip body in chunks", get(BATCH, b"Content-Type: application/json", b"Content-Encoding: gzip", b"Transfer-Encoding: chunked", method=b"POST")
     + b"".join(b"1\r\n%c\r\n" % b for b in ZIPPED) + b"0\r\n\r\n", 200)
case(27, "a gzip header with a name", zipped(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0" + ZIPPED[10:]), 200)
for name, body in (("truncated", ZIPPED[:-9]), ("without its length", ZIPPED[:-4]), ("a wrong checksum", ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:]),
                   ("a wrong length", ZIPPED[:-4] + b"\1\0\0\0"), ("bytes behind it", ZIPPED + b"x"), ("two members", ZIPPED + ZIPPED), ("zlib", zlib.compress(BODY)),
                   ("plain", BODY), ("ten bytes", ZIPPED[:10]), ("one byte", ZIPPED[:1]), ("garbage", bytes(range(200))),
                   ("a broken block", ZIPPED[:12] + b"\xff\xff\xff" + ZIPPED[15:]), ("zeros behind it", ZIPPED + b"\0\0\0")):
    case(27, f"gzip: {name}", zipped(body), 400)
case(27, "gzip of nothing", zipped(gzip.compress(b"")), 400)
case(27, "decoded at the limit", zipped(gzip.compress(b'{"ids":["' + bytes(i * 7 % 26 + 97 for i in range(1_048_576 - 13)) + b'"] }', 0)), (200, 400, 413), "any")
case(27, "decoded one byte over", zipped(gzip.compress(b" " * 1_048_577)), 413, "any")
case(27, "a bomb", zipped(gzip.compress(b" " * 50_000_000), b"/ingest/events"), 413, "any")
case(27, "a ratio over 100 within the first MiB", zipped(gzip.compress(b'{"ids":["x"' + b" " * 500_000 + b"]}")), 200)
case(27, "a batch of 8 MiB, ratio under 100", zipped(gzip.compress(b"[" + b" ".join([bytes([32, 9, 10, 13][i % 4 ^ (i // 7) % 4] for i in range(1000))] * 1)
                                                                    + b"]"), b"/ingest/events"), 200)

def coded(wanted):
    def check(answer):
        need(answer.field("Content-Encoding") == wanted, f"Content-Encoding {answer.field('Content-Encoding')}")
        need("accept-encoding" in (answer.field("Vary") or "").lower(), f"Vary {answer.field('Vary')}")
        if wanted:
            need(len(gzip.decompress(answer.body)) > 1024, "nothing worth it")
    return check
for value in (b"gzip", b"GZIP", b"gzip;q=1", b"gzip;q=0.001", b"gzip; q=0.5", b"br, gzip", b"deflate;q=1, gzip;q=0.3", b"*", b"*;q=0.1", b"x-gzip", b"gzip;q=1.000",
              b"identity;q=0, gzip", b"identity;q=0.1, gzip;q=0.5", b"identity;q=0,*", b"gzip ; q=0.8 , br", b"br;q=1.0, gzip;q=0.8, *;q=0.1", b"gzip;Q=0.5", b"identity;q=0"):
    case(27, f"Accept-Encoding {value.decode()}", get(CUSTOMER, b"Accept-Encoding: " + value),
         200 if value != b"identity;q=0" else 406, check=coded("gzip") if value != b"identity;q=0" else None)
for value in (b"", b"identity", b"br", b"gzip;q=0", b"gzip;q=0.000", b"gzip;q=0, *", b"*;q=0, identity", b"deflate", b"gzipped", b"identity, gzip;q=0.5", b"gzip;q=0, identity;q=1",
              b"gzip;q=2", b"gzip;q=-1", b"gzip;q=x", b"compress, br"):
    case(34, f"Accept-Encoding {value.decode()!r}", get(CUSTOMER, b"Accept-Encoding: " + value), 200, check=coded(None))
for value in (b"*;q=0", b"identity;q=0, gzip;q=0", b"identity;q=0, br"):
    case(34, f"Accept-Encoding {value.decode()!r}", get(CUSTOMER, b"Accept-Encoding: " + value), 406, "any")
case(34, "gzip in a second line", get(CUSTOMER, b"Accept-Encoding: br", b"Accept-Encoding: gzip"), 200, check=coded("gzip"))
case(34, "no Accept-Encoding", get(CUSTOMER), 200, check=coded(None))
case(34, "an error is not 406", get(b"/nowhere", b"Accept-Encoding: identity;q=0"), 404)
case(34, "a write is not 406", post(BATCH, BODY, b"Accept-Encoding: *;q=0"), 200)
case(27, "small answers stay as they are", get(b"/livez", b"Accept-Encoding: gzip"), 200, check=lambda a: a.field("Content-Encoding") is None)

# 29 and 34: conditions (RFC 9110 section 13)
def conditional(fields_of, status, name, target=CUSTOMER, first=(), requirement=34):
    """Gets, then asks again with fields made from the entity tag."""
    def check(answer, client):
        etag = answer.field("ETag")
        need(etag and etag.startswith('"') and etag.endswith('"'), f"no strong entity tag: {etag}")
        client.send(get(target, *first, *fields_of(etag.encode())).replace(b"@ID", CURRENT["id"]))
        again = client.answer()
        need(again.status == status, f"{again.status} instead of {status}")
        if status == 304:
            need(again.body == b"", "a 304 with a body")
            for field in ("ETag", "Cache-Control", "Vary", "Content-Location", "Expires"):
                need(again.field(field) == answer.field(field), f"{field} of the 304: {again.field(field)!r}, of the 200: {answer.field(field)!r}")
            for field in ("Content-Type", "Content-Encoding", "Transfer-Encoding"):
                need(again.field(field) is None, f"{field} on a 304")
    case(requirement, name, get(target, *first), 200, check=check)
for target in (CUSTOMER, b"/limits", b"/openapi.yaml", b"/docs"):
    conditional(lambda etag: [b"If-None-Match: " + etag], 304, f"{target.decode()} unchanged", target)
    conditional(lambda etag: [b"If-None-Match: " + etag, b"Accept-Encoding: gzip"], 304, f"{target.decode()} unchanged, compressed", target, [b"Accept-Encoding: gzip"])
conditional(lambda etag: [b"If-None-Match: *"], 304, "If-None-Match *")
conditional(lambda etag: [b"If-None-Match: W/" + etag], 304, "a weak tag")
conditional(lambda etag: [b"If-None-Match: \"x\", " + etag + b", \"y\""], 304, "a list of tags")
conditional(lambda etag: [b"If-None-Match: \"x\"", b"If-None-Match: " + etag], 304, "two lines of tags")
conditional(lambda etag: [b"If-None-Match: \"a,b\"," + etag], 304, "a comma inside a tag")
def head_unchanged(answer, client):
    client.send(get(CUSTOMER, b"If-None-Match: " + answer.field("ETag").encode(), method=b"HEAD").replace(b"@ID", CURRENT["id"]))
    head = client.answer("HEAD")
    need(head.status == 304 and head.field("ETag") == answer.field("ETag"), f"{head.status} instead of 304")
case(34, "HEAD is conditional too", get(CUSTOMER), 200, check=head_unchanged)
conditional(lambda etag: [b"If-Match: \"x\", " + etag], 200, "If-Match of a list")
conditional(lambda etag: [b"If-Match: \"x\"", b"If-Match: " + etag], 200, "If-Match of two lines")
conditional(lambda etag: [b"If-Match: \"x\"", b"If-None-Match: " + etag], 412, "If-Match is asked before If-None-Match")
conditional(lambda etag: [b"If-Match: " + etag, b"If-None-Match: " + etag], 304, "If-Match holds, and nothing has changed")
conditional(lambda etag: [b"If-None-Match: W/\"x\", W/" + etag + b" , \"y\""], 304, "a list of weak tags")
conditional(lambda etag: [b"If-None-Match: ," + etag + b",,"], 304, "empty items of a list")
for value in (b"\"x\"", b"", b"x", b"\"\"", b"W/\"x\"", b"\"x"):
    conditional(lambda etag, value=value: [b"If-None-Match: " + value], 200, f"If-None-Match {value!r}")
conditional(lambda etag: [b"If-None-Match: " + etag.strip(b'"')], 200, "a tag without quotes")
conditional(lambda etag: [b"If-None-Match: " + etag.upper().replace(b"W/", b"")] if etag.upper() != etag else [b"If-None-Match: \"X\""], 200, "a tag in capitals")
conditional(lambda etag: [b"If-None-Match: " + etag, b"If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT"], 304, "If-None-Match wins over a date")
conditional(lambda etag: [b"If-None-Match: \"x\"", b"If-Modified-Since: Sat, 29 Oct 2094 19:43:31 GMT"], 200, "also when it does not match")
conditional(lambda etag: [b"If-Match: " + etag], 200, "If-Match of the tag")
conditional(lambda etag: [b"If-Match: *"], 200, "If-Match *")
conditional(lambda etag: [b"If-Match: \"x\""], 412, "If-Match of another")
conditional(lambda etag: [b"If-Match: W/" + etag], 412, "If-Match weak")
for value in (b"yesterday", b"Sat, 29 Oct 1994 19:43:31", b"1994-10-29", b"", b"Sat, 99 Oct 1994 99:99:99 GMT", b"0", b"-1", b"Sat, 29 Oct 1994 19:43:31 CET"):
    case(29, f"If-Modified-Since {value.decode()!r}", get(CUSTOMER, b"If-Modified-Since: " + value), 200)
    case(29, f"If-Unmodified-Since {value.decode()!r}", get(CUSTOMER, b"If-Unmodified-Since: " + value), 200)
for value in (b"bytes=0-1", b"bytes=0-0,5-9", b"bytes=-5", b"bytes=99999999-", b"bytes=5-1", b"items=0-5", b"bytes", b"bytes=x", b"bytes=0-" + b"9" * 40, b"bytes=" + b"0-," * 100):
    case(29, f"Range {value[:20].decode()}", get(CUSTOMER, b"Range: " + value), 200, check=lambda a: a.field("Content-Range") is None)
for name in (b"If-Modified-Since", b"If-Unmodified-Since"):
    for value in (b"Sat, 29 Oct 2094 19:43:31 GMT", b"Sat, 29 Oct 1994 19:43:31 GMT", b"Saturday, 29-Oct-94 19:43:31 GMT", b"Sat Oct 29 19:43:31 1994"):
        case(29, f"{name.decode()} {value.decode()}: no answer has a Last-Modified", get(CUSTOMER, name + b": " + value), 200, check=lambda a: a.field("Last-Modified") is None)
case(29, "Range on POST", post(BATCH, BODY, b"Range: bytes=0-1"), 200)
case(29, "If-Range", get(CUSTOMER, b"Range: bytes=0-1", b"If-Range: \"x\""), 200)

# 30: fields
case(30, "personal data is private", get(CUSTOMER), 200,
     check=lambda a: {"private", "no-cache"} <= set((a.field("Cache-Control") or "").replace(" ", "").split(",")))
for target in (CUSTOMER + b"/events", CUSTOMER + b"/timeline", CUSTOMER + b"/orders", CUSTOMER + b"/identities", CUSTOMER + b"/segments", b"/customers/lookup?email=ada@example.com"):
    case(30, f"{target.decode()} is private", get(target), 200, check=lambda a: (a.field("Cache-Control") or "").replace(" ", "") == "private,no-cache")
case(30, "nothing of X-Forwarded is believed", get(b"/", b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: ftp"), 303,
     check=lambda a: "evil" not in a.field("Location"))
case(30, "Location does not repeat Host", get(b"/", host=b"Host: evil.example"), 303, check=lambda a: "evil" not in a.field("Location"))
case(20, "no CORS unless configured", get(b"/v1/track", b"Origin: https://a.example"), (401, 404, 405), "any", check=lambda a: a.field("Access-Control-Allow-Origin") is None)
case(20, "no preflight unless configured", get(b"/v1/track", b"Origin: https://a.example", b"Access-Control-Request-Method: POST", method=b"OPTIONS"),
     (204, 404), check=lambda a: a.field("Access-Control-Allow-Origin") is None)

# queries
case(5, "brackets in a query are no RFC 3986", get(CUSTOMER + b"?id[$ne]=1"), 400, "close")
for query in (b"?", b"?x", b"?x=1&x=2", b"?%ff", b"?a=%00", b"?&&&", b"?=", b"?" + b"a=b&" * 1000):
    for probe in (b"/livez", b"/readyz", b"/healthz", b"/startupz"):
        case(20, f"{probe.decode()}{query[:12]!r} answers all the same", get(probe + query), 200)
for query in (b"?unknown=1", b"?fields=firstName&fields=email", b"?fields=nonsense", b"?expand=x", b"?id%5B$ne%5D=1", b"?$where=1", b"?FIELDS=features", b"?fields=%ff"):
    case(28, f"a customer with {query.decode()}", get(CUSTOMER + query), 400)
case(28, "an empty query is none", get(CUSTOMER + b"?"), 200)
for limit in (b"0", b"-1", b"501", b"1e3", b"NaN", b"+5", b"", b"10000000000000000000000", b"5.0", b"0x5", b"%D9%A1", b"1%00"):
    case(28, f"limit={limit.decode()}", get(CUSTOMER + b"/events?limit=" + limit), 400)
for limit in (b"1", b"500"):
    case(28, f"limit={limit.decode()}", get(CUSTOMER + b"/events?limit=" + limit), 200)
for cursor in (b"x", b"a%2Fb", b"%00", b"AAAA", b"a" * 3000, b"$ne", b"", b"..", b"=="):
    case(28, f"cursor={cursor[:8].decode()}", get(CUSTOMER + b"/events?cursor=" + cursor), 400)
