"""Requirements 10 to 15: where a body ends (RFC 9112 sections 6 and 7; RFC 9110 sections 8.6, 10.1.1, 15.5.14)."""

from cases import PROBE, case, chunked, get, post

BATCH = b"/customers:batchGet"
BODY = b'{"ids":["x"]}'
N = len(BODY)


def sized(value, body=BODY, *fields):
    return get(BATCH, b"Content-Type: application/json", b"Content-Length: " + value, *fields, method=b"POST") + body


def coded(value, body=b"d\r\n" + BODY + b"\r\n0\r\n\r\n", *fields):
    return get(BATCH, b"Content-Type: application/json", b"Transfer-Encoding: " + value, *fields, method=b"POST") + body


# 10: Content-Length
case(10, "a length", sized(b"%d" % N), 200)
case(10, "leading zeros", sized(b"000%d" % N), 200)
case(10, "white space around", sized(b" \t%d \t" % N), 200)
case(10, "a length of 0", get(b"/livez", b"Content-Length: 0"), 200)
for value in (b"+13", b"-13", b"-0", b"0x0d", b"0b1101", b"1_3", b"1 3", b"13,", b"13,13", b"13, 13", b",13", b"", b"13.0", b"1e1", b"13;",
              b"\"13\"", b"13\x0b", b"\xef\xbc\x91\xef\xbc\x93", b"\xd9\xa1\xd9\xa3", b"d", b"abc", b"13 bytes", b"\xa013", b"13\x00",
              b"1\t3", b"~13", b"(13)", b"0o15", b"13L", b"NaN", b"inf", b"--13", b"1'3"):
    case(10, f"length {value!r}", sized(value), 400, "close")
case(10, "twice the same", sized(b"13", BODY, b"Content-Length: 13"), 400, "close")
case(10, "two different", sized(b"13", BODY, b"Content-Length: 14"), 400, "close")
case(10, "twice, another case", sized(b"13", BODY, b"CONTENT-LENGTH: 13"), 400, "close")
case(10, "twice zero on GET", get(b"/livez", b"Content-Length: 0", b"Content-Length: 0"), 400, "close")
for value in (b"8388609", b"99999999", b"999999999999999999", b"9223372036854775807", b"9223372036854775808",
              b"18446744073709551615", b"18446744073709551616", b"99999999999999999999999999", b"9" * 400,
              b"18446744073709551629", b"4294967309000000000"):
    case(10, f"length {value[:24].decode()}", sized(value), 413, "close")
case(10, "too long on GET", get(b"/livez", b"Content-Length: 99999999999"), 413, "close")
case(10, "a bad length on GET", get(b"/livez", b"Content-Length: x"), 400, "close")

# 11: Transfer-Encoding
for value in (b"chunked", b"Chunked", b"CHUNKED", b"cHuNkEd", b" chunked ", b"\tchunked\t"):
    case(11, f"coding {value!r}", coded(value), 200)
for value in (b"gzip, chunked", b"foo, chunked", b"deflate, chunked", b"gzip,chunked", b"identity, chunked"):
    case(11, f"coding {value!r}", coded(value), (501,) if b"identity" not in value else (400, 501), "close")
for value in (b"", b"identity", b"gzip", b"foo", b"chunked, gzip", b"chunked, identity", b"chunked, chunked", b"chunked;q=1", b"chunked; foo",
              b"xchunked", b"chunkedx", b"\"chunked\"", b"chunked,", b",chunked", b"chun ked", b"chun\xe2\x84\xaaed", b"\x0bchunked",
              b"chunked\x0c", b"\xa0chunked", b"chunked\x00", b"chunked foo", b"'chunked'", b"chunked\xc2\xa0", b"[chunked]"):
    case(11, f"coding {value!r}", coded(value), 400, "close")
case(11, "twice chunked", coded(b"chunked", b"0\r\n\r\n", b"Transfer-Encoding: chunked"), 400, "close")
case(11, "chunked and identity lines", coded(b"chunked", b"0\r\n\r\n", b"Transfer-Encoding: identity"), 400, "close")
case(11, "length and coding", coded(b"chunked", b"0\r\n\r\n", b"Content-Length: 5"), 400, "close")
case(11, "coding after length", sized(b"5", b"0\r\n\r\n", b"Transfer-Encoding: chunked"), 400, "close")
case(11, "length 0 and coding", coded(b"chunked", b"0\r\n\r\n", b"Content-Length: 0"), 400, "close")
case(11, "coding on GET with a length", get(b"/livez", b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400, "close")
case(11, "coding on GET", get(b"/livez", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 200)
case(11, "coding in HTTP/1.0", get(b"/livez", b"Transfer-Encoding: chunked", version=b"HTTP/1.0") + b"0\r\n\r\n", 400, "close")
case(11, "coding in HTTP/1.0 with keep-alive",
     get(b"/livez", b"Transfer-Encoding: chunked", b"Connection: keep-alive", version=b"HTTP/1.0") + b"0\r\n\r\n", 400, "close")
case(11, "smuggled behind a bad coding", coded(b"chunked, foo", b"0\r\n\r\n") + PROBE, 400, "close")
case(11, "smuggled behind length and coding", coded(b"chunked", b"0\r\n\r\n", b"Content-Length: 5") + PROBE, 400, "close")

# 12: chunks
def pieces(*list):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in list) + b"0\r\n\r\n"

case(12, "one chunk", chunked(BATCH, pieces(BODY)), 200)
case(12, "a chunk per byte", chunked(BATCH, pieces(*[bytes([b]) for b in BODY])), 200)
case(12, "capital digits", chunked(BATCH, b"D\r\n" + BODY + b"\r\n0\r\n\r\n"), 200)
case(12, "leading zeros", chunked(BATCH, b"00000d\r\n" + BODY + b"\r\n000\r\n\r\n"), 200)
case(12, "sixteen digits", chunked(BATCH, b"000000000000000d\r\n" + BODY + b"\r\n0\r\n\r\n"), 200)
case(12, "seventeen digits", chunked(BATCH, b"0000000000000000d\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
for size in (b"", b"0x0d", b"+d", b"-d", b"-1", b" d", b"d ", b"d\t", b"1_0", b"g", b"d g", b"d,", b"\xef\xbc\x94", b"d\x00", b"d\x0b", b"0d\r", b"\"d\"",
             b".d", b"d.0", b"xd", b"dh", b"d=1"):
    case(12, f"size {size!r}", chunked(BATCH, size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
for size in (b"ffffffffffffffff", b"8000000000000000", b"7fffffffffffffff", b"800001", b"ffffffff", b"100000000"):
    case(12, f"size {size.decode()}", chunked(BATCH, size + b"\r\n" + BODY), 413, "close")
case(12, "sizes whose sum overflows", chunked(BATCH, b"1\r\n{\r\nffffffffffffffff\r\n" + BODY), 413, "close")
case(12, "LF after a size", chunked(BATCH, b"d\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
case(12, "LF after the data", chunked(BATCH, b"d\r\n" + BODY + b"\n0\r\n\r\n"), 400, "close")
case(12, "nothing after the data", chunked(BATCH, b"d\r\n" + BODY + b"0\r\n\r\n"), 400, "close")
case(12, "more data than its size", chunked(BATCH, b"c\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
case(12, "less data than its size", chunked(BATCH, b"e\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
case(12, "CR alone after a size", chunked(BATCH, b"d\r" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
case(12, "LF at the end", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\n\n"), 400, "close")
case(12, "LF after the last size", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\n\r\n"), 400, "close")
for ext in (b";a", b";a=b", b";a=\"b\"", b";a=\"b;c\\\"\"", b" ; a = b", b";a;b;c=d", b"\t;\ta", b";a=\"\"", b";a=\"\\\t\""):
    case(12, f"extension {ext!r}", chunked(BATCH, b"d" + ext + b"\r\n" + BODY + b"\r\n0" + ext + b"\r\n\r\n"), 200)
for ext in (b";", b";;", b"; ", b";a=", b";=b", b";a=\"b", b";a b", b";a=b c", b";a=\"b\"c", b";a\x00", b";a=\x7f", b";a=\"\r\n", b";a=\n", b";(a)",
            b";a=\"\n\"", b";\xc3\xa9", b";a==b", b";a=b\rc", b" a"):
    case(12, f"extension {ext!r}", chunked(BATCH, b"d" + ext + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
case(12, "a chunk line of 256", chunked(BATCH, b"d;" + b"a" * 254 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), 200)
case(12, "a chunk line of 257", chunked(BATCH, b"d;" + b"a" * 255 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), (400, 431), "close")
case(12, "a chunk line without an end", chunked(BATCH, b"d;" + b"a" * 5000), (400, 431), "close")
case(12, "extensions of 5 KiB in all", chunked(BATCH, b"".join(b"1;%s\r\n \r\n" % (b"a" * 200) for _ in range(26))), (400, 431), "close")
for trailer in (b"X: y\r\n", b"X:\r\n", b"X: a\r\nY: b\r\n", b"Content-Length: 5\r\n", b"Host: evil\r\n", b"X: \xff\r\n"):
    case(12, f"trailer {trailer!r}", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\n" + trailer + b"\r\n"), 200)
case(12, "a trailer is never merged", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\nX-Request-Id: evil\r\n\r\n"), 200,
     check=lambda a: a.field("X-Request-Id") != "evil")
for trailer in (b"X y\r\n", b": y\r\n", b" X: y\r\n", b"X : y\r\n", b"X: a\r\n b\r\n", b"X: \x00\r\n", b"X\r\n", b"X: y\n", b"X: y\rZ: a\r\n", b"(X): y\r\n"):
    case(12, f"trailer {trailer!r}", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\n" + trailer + b"\r\n"), (400,), "close")
case(12, "trailers at the limit", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\nX: " + b"a" * 4089 + b"\r\n\r\n"), 200)
case(12, "trailers over the limit", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\nX: " + b"a" * 4200 + b"\r\n\r\n"), (400, 431), "close")
case(12, "trailers of 5 KiB, no end", chunked(BATCH, b"d\r\n" + BODY + b"\r\n0\r\nX: " + b"a" * 5000), (400, 431), "close")
case(12, "an empty chunked body", chunked(BATCH, b"0\r\n\r\n"), 400)
case(12, "a request behind the last chunk", chunked(BATCH, pieces(BODY)) + PROBE, 200, more=(("GET", 200),))
case(12, "chunks and their lines in many reads",
     [chunked(BATCH, b"")] + [bytes([b]) for b in pieces(BODY[:5], BODY[5:])], 200, gap=0.002)

# 13: the limit of a body (RFC 9110 section 15.5.14)
BIG = b'{"ids":["' + b"a" * (1_048_576 - 13) + b'"] }'
case(13, "a body at the route's limit", post(BATCH, BIG), (200, 400))
case(13, "one byte over", post(BATCH, BIG + b" "), 413, "close")
case(13, "declared over the limit, none of it sent", sized(b"1048577", b""), 413, "close")
case(13, "chunked at the limit", chunked(BATCH, pieces(BIG)), (200, 400))
case(13, "chunked one byte over", chunked(BATCH, pieces(BIG, b" ")), 413, "close")
case(13, "chunked without an end", chunked(BATCH, b"100000\r\n" + b"a" * 1_048_576 + b"\r\n1\r\na"), 413, "close")
LIST = b"[" + b" " * (8 * 1_048_576 - 2) + b"]"
case(13, "a batch at its limit", post(b"/ingest/events", LIST), 200)
case(13, "a batch one byte over", post(b"/ingest/events", LIST + b" "), 413, "close")
case(13, "the answer is readable while the client sends on", post(BATCH, b"a" * 3_000_000), 413, "close")

# 14: a body is read to its end, or the connection closes (section 9.3)
for method, target, status in (
        (b"GET", b"/livez", 200), (b"GET", b"/nowhere", 404), (b"POST", b"/nowhere", 404), (b"DELETE", b"/livez", 405), (b"PUT", b"/livez", 405),
        (b"HEAD", b"/livez", 200), (b"OPTIONS", b"/livez", 204), (b"PATCH", b"/customers/x", 405), (b"BREW", b"/livez", 501), (b"TRACE", b"/livez", 405),
        (b"GET", b"/customers/%ff", 400), (b"GET", b"/customers/lookup?nonsense=1", 400)):
    case(14, f"{method.decode()} {target.decode()} with a body", post(target, PROBE, method=method), status, method=method.decode())
    case(14, f"{method.decode()} {target.decode()} with a chunked body",
         get(target, b"Content-Type: application/json", b"Transfer-Encoding: chunked", method=method) + pieces(PROBE) + PROBE,
         status, "any", method=method.decode())
case(14, "415 with a body", post(BATCH, BODY, type=b"text/html"), 415)
case(14, "no type with a body", post(BATCH, BODY, type=None), 415)
case(14, "404 with a large body closes", post(b"/nowhere", b"a" * 200_000), 404, "close")
case(14, "400 of a handler with a body", post(BATCH, b"{"), 400)

# 15: Expect (RFC 9110 section 10.1.1)
def expecting(value=b"100-continue", target=BATCH, body=BODY, *fields, version=b"HTTP/1.1", length=None):
    return get(target, b"Content-Type: application/json", b"Content-Length: %d" % (len(body) if length is None else length),
               b"Expect: " + value, *fields, version=version, method=b"POST")

def continued(answer, client):
    return client.interim == 1 or "no 100"

def not_continued(answer, client):
    return client.interim == 0 or "a 100"

for value in (b"100-continue", b"100-Continue", b"100-CONTINUE", b" 100-continue ", b"100-continue, 100-continue"):
    case(15, f"expectation {value!r}", [expecting(value), BODY], 200, check=continued, gap=0.05)
case(15, "the body with the head", expecting() + BODY, 200)
case(15, "no body", get(b"/livez", b"Expect: 100-continue"), 200, check=not_continued)
case(15, "HTTP/1.0", [expecting(version=b"HTTP/1.0"), BODY], 200, "close", check=not_continued, gap=0.05)
for value in (b"200-ok", b"foo", b"100-continue, foo", b"101-continue", b"100-continue=1", b"100-continue;q=1", b"\"100-continue\""):
    case(15, f"expectation {value!r}", expecting(value), 417, "close", check=not_continued)
case(15, "another expectation on GET", get(b"/livez", b"Expect: foo"), 417, "any")
case(15, "no such path", expecting(target=b"/nowhere"), 404, "close", check=not_continued)
case(15, "no such method", expecting(target=b"/livez"), 405, "close", check=not_continued)
case(15, "a type that is not taken", get(BATCH, b"Content-Type: text/html", b"Content-Length: 5", b"Expect: 100-continue", method=b"POST"),
     415, "close", check=not_continued)
case(15, "too large", expecting(length=1_048_577), 413, "close", check=not_continued)
case(15, "too large for any route", expecting(length=10**12), 413, "close", check=not_continued)
case(15, "a bad query", expecting(target=BATCH + b"?a=%ff"), 400, "close", check=not_continued)
case(15, "a chunked body", [get(BATCH, b"Content-Type: application/json", b"Transfer-Encoding: chunked", b"Expect: 100-continue", method=b"POST"),
                            pieces(BODY)], 200, check=continued, gap=0.05)
