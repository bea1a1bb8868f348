"""Requirements 1 to 9: what is a request (RFC 9112 sections 2, 3 and 5)."""

from cases import PROBE, case, get

CTL = [b for b in range(32) if b not in (9, 10, 13)] + [127]

# 1: lines end with CR LF; no control characters (section 2.2; RFC 9110 section 5.5)
case(1, "bare LF after the request line", b"GET /livez HTTP/1.1\nHost: a\r\n\r\n", 400, "close")
case(1, "bare LF after a field", b"GET /livez HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, "close")
case(1, "bare LF as the empty line", b"GET /livez HTTP/1.1\r\nHost: a\r\n\n", 400, "close")
case(1, "LF LF everywhere", b"GET /livez HTTP/1.1\nHost: a\n\n", 400, "close")
case(1, "CR CR LF", b"GET /livez HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "close")
case(1, "bare CR in the request line", b"GET /li\rvez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(1, "bare CR in a value", b"GET /livez HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, "close")
case(1, "bare CR as the line's end", b"GET /livez HTTP/1.1\rHost: a\r\r", 400, "close")
case(1, "bare CR in a name", b"GET /livez HTTP/1.1\r\nHost: a\r\nX\rY: b\r\n\r\n", 400, "close")
case(1, "LF before the request line", b"\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(1, "CR before the request line", b"\rGET /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
for byte in (0, 1, 8, 11, 12, 27, 31, 127):
    case(1, f"control {byte:#x} in a value", get(b"/livez", b"X: a" + bytes([byte]) + b"b"), 400, "close")
    case(1, f"control {byte:#x} in the target", get(b"/li" + bytes([byte]) + b"vez"), 400, "close")
    case(1, f"control {byte:#x} in a name", get(b"/livez", b"X" + bytes([byte]) + b"Y: b"), 400, "close")
case(1, "control in the method", get(method=b"GE\0T"), 400, "close")
case(1, "HTAB in a value is text", get(b"/livez", b"X: a\tb"), 200)
case(1, "binary garbage", bytes(range(128, 256)) + b"\r\n\r\n", 400, "close")
case(1, "a TLS hello in plain bytes", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "close")

# 2: empty lines before a request (section 2.2)
for count in (1, 2, 8):
    case(2, f"{count} empty lines before", b"\r\n" * count + PROBE, 200)
for count in (9, 20, 5000):
    case(2, f"{count} empty lines before", b"\r\n" * count + PROBE, 400, "close")
case(2, "an empty line between pipelined requests", PROBE + b"\r\n" + PROBE, 200, more=(("GET", 200),))

# 3: the request line (section 3, 2.3; RFC 9110 section 15.6.6)
case(3, "two spaces after the method", b"GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "two spaces before the version", b"GET /livez  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "a space before the method", b" GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "a space after the version", b"GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "close")
case(3, "HTAB for a space", b"GET\t/livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "HTAB before the version", b"GET /livez\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "VT for a space", b"GET\x0b/livez\x0bHTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "a space in the target", b"GET /li vez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "an empty target", b"GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "no method", b"/livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "close")
case(3, "the method alone", b"GET\r\n\r\n", 400, "close")
case(3, "HTTP/0.9's simple request", b"GET /livez\r\n\r\n", 400, "close")
case(3, "HTTP/0.9 by name", get(version=b"HTTP/0.9"), 400, "close")
for version in (b"HTTP/2.0", b"HTTP/3.0", b"HTTP/9.9", b"HTTP/2", b"HTTP/3", b"HTTP/2.1"):
    case(3, version.decode(), get(version=version), 505, "close")
case(3, "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505), "close")
for minor in b"23456789":
    case(3, f"HTTP/1.{chr(minor)} is answered as 1.1", get(version=b"HTTP/1." + bytes([minor])), 200)
for version in (b"HTTP/1", b"HTTP/1.", b"HTTP/1.1.1", b"HTTP/1.10", b"HTTP/1.01", b"HTTP/11", b"HTTP/01.1", b"HTTP/+1.1",
                b"http/1.1", b"Http/1.1", b"HTTP1.1", b"HTTP /1.1", b"HTTP/1 .1", b"HTTP/1.x", b"HTTP/x.1", b"HTTPS/1.1",
                b"XTTP/1.1", b"ICE/1.0", b"HTTP/1,1", b"HTTP/-1.1", b"HTTP\\1.1", b"HTTP/\xef\xbc\x91.1", b"HTTP//1.1"):
    case(3, f"version {version!r}", get(version=version), 400, "close")

# 4: the length of the request line (section 3; RFC 9110 section 15.5.15)
case(4, "a target of 8,000 bytes", get(b"/livez?" + b"a" * 7993), 200)
case(4, "a request line at the limit", get(b"/livez?" + b"a" * (8192 - 14 - 6)), 200)
case(4, "one byte over the limit", get(b"/livez?" + b"a" * (8192 - 13 - 6)), 414, "close")
case(4, "twice the limit", get(b"/" + b"a" * 16384), 414, "close")
case(4, "a megabyte", get(b"/" + b"a" * 1_000_000), 414, "close")
case(4, "no CR LF ever", b"GET /" + b"a" * 9000, 414, "close")
case(4, "a method without an end", b"G" * 9000, (400, 414, 501), "close")
case(4, "over the limit in pieces", [b"GET /" + b"a" * 4000, b"a" * 4000, b"a" * 4000], 414, "close")

# 5: the target (section 3.2)
for bad in (b'"', b"<", b">", b"\\", b"^", b"`", b"{", b"|", b"}", b"#", b"[", b"]", b"\x80", b"\xc3\xa9", b"\xff"):
    case(5, f"{bad!r} in a path", get(b"/livez" + bad), 400, "close")
for bad in (b'"', b"<", b">", b"\\", b"^", b"`", b"{", b"|", b"}", b"#", b"\xc3\xa9"):
    case(5, f"{bad!r} in a query", get(b"/livez?q=" + bad), 400, "close")
for bad in (b"%", b"%2", b"%zz", b"%2g", b"%g2", b"%%41", b"%u0041", b"%-1", b"% 41", b"%+1"):
    case(5, f"{bad!r} in a path", get(b"/livez" + bad), 400, "close")
for bad in (b"%", b"%2", b"%zz", b"%x41"):
    case(5, f"{bad!r} in a query", get(b"/livez?q=" + bad), 400, "close")
for good in (b"-._~!$&'()*+,;=:@", b"%41%7a%20", b"a/b//c?d/e?f"):
    case(5, f"{good!r} in a query", get(b"/livez?q=" + good), 200)
case(5, "sub-delims in a path", get(b"/customers/!$&'()*+,;=@"), 404)
for scheme in (b"http", b"HTTP", b"hTtP", b"https", b"HTTPS"):
    case(5, f"absolute-form {scheme.decode()}", get(scheme + b"://localhost/livez"), 200)
case(5, "absolute-form with a port", get(b"http://localhost:80/livez"), 200)
case(5, "absolute-form with an IPv6 address", get(b"http://[::1]:80/livez"), 200)
case(5, "absolute-form with another authority than Host", get(b"http://other.example/livez", host=b"Host: a"), 200)
case(5, "absolute-form and a query", get(b"http://localhost/livez?x=1"), 200)
case(5, "absolute-form without a path is the root", get(b"http://localhost"), 303)
case(5, "absolute-form, query without a path", get(b"http://localhost?x=1"), (303, 400))
case(5, "absolute-form without Host", get(b"http://localhost/livez", host=None), 400, "close")
case(5, "absolute-form with a bad Host", get(b"http://localhost/livez", host=b"Host: a b"), 400, "close")
for target in (b"http:///livez", b"http://", b"http:/livez", b"http:livez", b"http://user@localhost/livez",
               b"http://u:p@localhost/livez", b"http://localhost:x/livez", b"http://localhost:99999/livez",
               b"http://[::1/livez", b"http://a b/livez", b"ftp://localhost/livez", b"urn:livez", b"//localhost/livez#x",
               b"livez", b"*livez", b"?x", b"", b"localhost:80", b"localhost", b"http://local%zzhost/livez"):
    case(5, f"target {target!r}", get(target), 400, "close")
case(5, "asterisk with GET", get(b"*"), 400, "close")
case(5, "asterisk with HEAD", get(b"*", method=b"HEAD"), 400, "close", method="HEAD")
case(5, "asterisk with POST", get(b"*", b"Content-Length: 0", method=b"POST"), 400, "close")
case(5, "asterisk with OPTIONS", get(b"*", method=b"OPTIONS"), 204)
case(5, "authority-form with GET", get(b"localhost:443"), 400, "close")
case(5, "authority-form with CONNECT", get(b"localhost:443", method=b"CONNECT"), (405, 501), "close")
case(5, "origin-form with CONNECT", get(b"/livez", method=b"CONNECT"), (400, 405, 501), "close")
case(5, "CONNECT without a port", get(b"localhost", method=b"CONNECT"), (400, 501), "close")
case(5, "CONNECT with an empty port", get(b"localhost:", method=b"CONNECT"), (400, 501), "close")

# 6: decoding (RFC 9110 section 17.3)
case(6, "an encoded letter is the letter", get(b"/li%76ez"), 200)
case(6, "an encoded id is the id", get(b"/customers/%63%75nknown"), 404)
case(6, "decoded once only", get(b"/customers/a%252Fb"), 404)
case(6, "doubly encoded livez", get(b"/li%2576ez"), 404)
case(6, "%00 in an id", get(b"/customers/a%00b"), (400, 404))
case(6, "%2F in an id", get(b"/customers/a%2Fb"), (400, 404))
case(6, "%2F is no separator", get(b"/customers%2Flookup"), (400, 404))
case(6, "%5C in an id", get(b"/customers/a%5Cb"), (400, 404))
for raw in (b"%ff", b"%c0%af", b"%c3", b"%ed%a0%80", b"%f4%90%80%80", b"%e0%80%af", b"%fe%ff", b"%80"):
    case(6, f"{raw.decode()} is no UTF-8", get(b"/customers/" + raw), 400)
    case(6, f"{raw.decode()} in a query", get(b"/customers/lookup?email=" + raw), 400)
case(6, "%00 in a query", get(b"/customers/lookup?email=a%00b"), 400)
case(6, "%0d%0a in an id", get(b"/customers/a%0d%0aX-Evil:1"), (400, 404), check=lambda a: a.field("X-Evil") is None)
case(6, "%0d%0a in a query", get(b"/customers/lookup?q=a%0d%0aX-Evil:1"), (200, 400), check=lambda a: a.field("X-Evil") is None)
for dots in (b"/../livez", b"/../../etc/passwd", b"/./livez", b"/%2e%2e/livez", b"/customers/..", b"/customers/.",
             b"/customers/%2e%2e", b"/customers/../livez", b"/docs/../../etc/passwd", b"/%2e%2e%2fetc%2fpasswd",
             b"/..%5c..%5cwindows", b"/....//etc/passwd"):
    case(6, f"{dots.decode()} reaches nothing", get(dots), (400, 404))
case(6, "UTF-8 in an id", get(b"/customers/%C3%A9%E2%82%AC"), 404)
case(6, "an empty id", get(b"/customers/"), (400, 404))
case(6, "a slash at the end", get(b"/livez/"), (400, 404))
case(6, "doubled slashes", get(b"//livez"), (400, 404))
case(6, "an id of 7,000 bytes", get(b"/customers/" + b"a" * 7000), (400, 404))

# 7: Host (section 3.2)
case(7, "no Host", get(host=None), 400, "close")
case(7, "no Host in HTTP/1.2", get(host=None, version=b"HTTP/1.2"), 400, "close")
case(7, "two Hosts", get(b"/livez", b"Host: localhost"), 400, "close")
case(7, "two different Hosts", get(b"/livez", b"Host: other"), 400, "close")
case(7, "two Hosts in HTTP/1.0", get(b"/livez", b"Host: other", version=b"HTTP/1.0"), 400, "close")
case(7, "two Hosts in another case", get(b"/livez", b"HOST: localhost"), 400, "close")
case(7, "no Host in HTTP/1.0", get(host=None, version=b"HTTP/1.0"), 200, "close")
case(7, "an empty Host", get(host=b"Host:"), 400, "close")
for host in (b"a b", b"a/b", b"a@b", b"user@host", b"a?b", b"a#b", b"a:b", b"a:80:90", b"[::1", b"::1", b"[zz::1]", b"a:99999",
             b"http://a", b"a\\b", b"<a>", b"a:-1", b"a:+80", b":80", b"[::1]x", b"[]", b"[]:80", b"a%zz", b"\xc3\xa9",
             b"\"a\"", b"a\tb", b"[1::2::3]", b"[1:2:3:4:5:6:7:8:9]", b"a:80 ,b", b"a|b", b"a^b", b"{a}"):
    case(7, f"Host {host!r}", get(host=b"Host: " + host), 400, "close")
for host in (b"a", b"A.Example", b"127.0.0.1", b"127.0.0.1:8360", b"[::1]", b"[::1]:80", b"[2001:db8::1]", b"a-b_c.d",
             b"a:80", b"a:0", b"a:65535", b"a%20b", b"xn--nxasmq6b", b"[::ffff:1.2.3.4]", b"  a\t "):
    case(7, f"Host {host!r}", get(host=b"Host: " + host), 200)

# 8: fields (section 5.1, 5.2)
for line in (b"X : y", b"X\t: y", b"X Y: z", b": y", b"", b"X", b"X;Y: z", b"X(Y): z", b"X@Y: z", b"X/Y: z", b"X[Y]: z", b"X{Y}: z",
             b"X\"Y: z", b"X,Y: z", b"X=Y: z", b"X<Y: z", b"\xc3\xa9: z", b"X\x80: z", b"Content-Length : 0", b"Host : b",
             b"Transfer-Encoding : chunked", b"Transfer-Encoding\x0b: chunked"):
    if line:
        case(8, f"field line {line!r}", get(b"/livez", line), 400, "close")
case(8, "a folded value", get(b"/livez", b"X: a\r\n b"), 400, "close")
case(8, "a value folded with HTAB", get(b"/livez", b"X: a\r\n\tb"), 400, "close")
case(8, "a folded empty line", get(b"/livez", b"X: a\r\n "), 400, "close")
case(8, "white space before the first field", b"GET /livez HTTP/1.1\r\n Host: a\r\n\r\n", 400, "close")
case(8, "white space and a field before Host", b"GET /livez HTTP/1.1\r\n X: b\r\nHost: a\r\n\r\n", 400, "close")
for line in (b"X:y", b"X:", b"X: ", b"X:  \t y \t ", b"X: \x80\xff", b"X: \xe9t\xe9", b"!#$%&'*+-.^_`|~09az: y", b"X: a:b:c", b"X: \"a", b"X: ;,"):
    case(8, f"field line {line!r}", get(b"/livez", line), 200)
case(8, "many lines of one name", get(b"/livez", *[b"X: y"] * 20), 200)

# 9: limits of the head (RFC 9110 section 5.4; RFC 6585 section 5)
case(9, "100 fields", get(b"/livez", *[b"X-%d: y" % n for n in range(99)]), 200)
case(9, "101 fields", get(b"/livez", *[b"X-%d: y" % n for n in range(100)]), 431, "close")
case(9, "1,000 fields", get(b"/livez", *[b"X-%d: y" % n for n in range(1000)]), 431, "close")
case(9, "a field of 4 KiB", get(b"/livez", b"X: " + b"a" * 4096), 200)
case(9, "a field of 16 KiB", get(b"/livez", b"X: " + b"a" * 16384), 200)
HOST = len(b"Host: localhost\r\n")
case(9, "a section at the limit", get(b"/livez", b"X: " + b"a" * (32768 - HOST - 5)), 200)
case(9, "a section one byte over", get(b"/livez", b"X: " + b"a" * (32768 - HOST - 4)), 431, "close")
case(9, "a section of 40 KiB", get(b"/livez", b"X: " + b"a" * 40000), 431, "close")
case(9, "a name of 40 KiB", get(b"/livez", b"a" * 40000 + b": y"), (400, 431), "close")
case(9, "a section without an end", b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40000, 431, "close")
case(9, "a section of a megabyte", get(b"/livez", *[b"X: " + b"a" * 4000] * 99 * 2), 431, "close")
case(9, "a request line at its limit and a section at its", get(b"/livez?" + b"a" * 8000, b"X: " + b"a" * 32000), 200)
