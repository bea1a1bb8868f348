"""Every limit by its option and by its environment variable, as `/limits` shows it, and what it does at its value and one past it."""

import gzip, os, re, signal, subprocess, time

from cases import chunked, get, post
from framing import BATCH, BODY
from service import HERE, Service
from wire import Client, Wrong, need

RUNS = []
SMALL = {
    "requestLineBytesMax": 300, "headBytesMax": 1000, "headerFieldsMax": 10, "emptyLinesMax": 2, "bodyBytesMax": 70000, "chunkLineBytesMax": 20,
    "chunkExtensionsBytesMax": 40, "trailersBytesMax": 60, "inputBufferBytesMax": 8192, "connectionsMax": 40, "connectionsPerAddressMax": 20,
    "headTimeoutMs": 900, "bodyTimeoutMs": 1500, "bodyRateBytesPerSMin": 2000, "bodyRateWindowMs": 700, "idleTimeoutMs": 2000, "writeTimeoutMs": 1000,
    "handlerTimeoutMs": 1500, "bytesInFlightMax": 200000, "workersMax": 4, "writersMax": 3, "workerQueueMax": 2, "discardBytesMax": 50, "lingerTimeoutMs": 800,
    "lingerBytesMax": 100000, "drainIdleTimeoutMs": 300, "drainTimeoutMs": 3000, "compressBytesMin": 2000, "inflateRatioMax": 10, "inflateRatioGraceBytes": 5000,
    "streamBufferBytesMax": 4096, "retryAfterS": 7,
}


def kebab(name):
    return re.sub("([A-Z])", lambda m: "-" + m[1].lower(), name).replace("-s-min", "-s-min")


def by_options():
    return [word for name, value in SMALL.items() for word in (f"--{kebab(name)}", str(value))], {}


def by_environment():
    return [], {"CUSTOMER360_" + kebab(name).upper().replace("-", "_"): str(value) for name, value in SMALL.items()}


def run(requirement, name):
    def declare(body):
        RUNS.append((requirement, name, body))
        return body
    return declare


def expect(service, send, status, after, gap=0.0, method="GET", more=None):
    client = service.connect()
    try:
        client.send(send, gap)
        got = client.answer(method)
        need(got.status == status, f"{got.status} instead of {status} to {send[:60] if isinstance(send, bytes) else send[0][:60]!r}")
        if more:
            more(got)
        if after == "close":
            need(got.closes, f"{status} closes without saying so")
            client.at_end()
        elif after == "open":
            client.send(get())
            need(client.answer().status == 200, f"out of step after {send[:60]!r}")
        return got
    finally:
        client.close()


def timed(service, first, status, least, most, then=(), gap=0.2):
    """The answer, or the silent end where `status` is None, comes between `least` and `most` seconds."""
    client = service.connect()
    try:
        client.send(first)
        start = time.time()
        for piece in then:
            time.sleep(gap)
            client.send(piece)
            if client.has_answer():
                break
        if status is None:
            client.at_end()
        else:
            got = client.answer()
            need(got.status == status and got.closes, f"{got.status} after {time.time() - start:.1f} s")
            client.at_end()
        took = time.time() - start
        need(least <= took <= most, f"after {took:.2f} s, not {least} to {most}")
    finally:
        client.close()


def small_limits(service):
    shown = service.ask("GET", "/limits").json
    for name, value in SMALL.items():
        need(shown[name] == value, f"/limits shows {name} {shown.get(name)}, not {value}")
    need(shown["resourceBodyBytesMax"] == 70000 and shown["ingestBodyBytesMax"] == 70000, "bodyBytesMax caps no route")
    line = len("GET /livez? HTTP/1.1")
    expect(service, get(b"/livez?" + b"a" * (300 - line)), 200, "open")
    expect(service, get(b"/livez?" + b"a" * (301 - line)), 414, "close")
    host = len("Host: localhost\r\n")
    expect(service, get(b"/livez", b"X: " + b"a" * (1000 - host - 7)), 200, "open")
    expect(service, get(b"/livez", b"X: " + b"a" * (1001 - host - 5)), 431, "close")
    expect(service, get(b"/livez", *[b"X: y"] * 9), 200, "open")
    expect(service, get(b"/livez", *[b"X: y"] * 10), 431, "close")
    expect(service, b"\r\n" * 2 + get(), 200, "open")
    expect(service, b"\r\n" * 3 + get(), 400, "close")
    body = b"[" + b" " * 69998 + b"]"
    expect(service, post(b"/ingest/events", body), 200, "open")
    expect(service, post(b"/ingest/events", body + b" "), 413, "close")
    expect(service, chunked(b"/ingest/events", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)), 200, "open")
    expect(service, chunked(b"/ingest/events", b"%x\r\n%s\r\n1\r\n \r\n0\r\n\r\n" % (len(body), body)), 413, "close")
    expect(service, chunked(BATCH, b"d;" + b"a" * 18 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), 200, "open")
    expect(service, chunked(BATCH, b"d;" + b"a" * 19 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), 400, "close")
    ext = b"d;" + b"a" * 13 + b"\r\n" + BODY + b"\r\n"
    three = b"".join(b"%x;%s\r\n%s\r\n" % (len(p), b"a" * 12, p) for p in (BODY[:4], BODY[4:8], BODY[8:]))
    expect(service, chunked(BATCH, three + b"0\r\n\r\n"), 200, "open")
    expect(service, chunked(BATCH, three + b"0;aa\r\n\r\n"), 400, "close")
    tail = b"d\r\n" + BODY + b"\r\n0\r\nX: "
    expect(service, chunked(BATCH, tail + b"a" * (60 - 7) + b"\r\n\r\n"), 200, "open")
    expect(service, chunked(BATCH, tail + b"a" * (61 - 5) + b"\r\n\r\n"), 431, "close")
    expect(service, post(b"/nowhere", b"a" * 50), 404, "open")
    expect(service, post(b"/nowhere", b"a" * 51), 404, "close")
    zipped = lambda body: post(b"/ingest/events", gzip.compress(body), b"Content-Encoding: gzip")
    expect(service, zipped(b"[" + b" " * 4990 + b"]"), 200, "open")
    expect(service, zipped(b"[" + b" " * 60000 + b"]"), 413, "any")
    limit = lambda kind: lambda got: need(got.field("Content-Encoding") == kind, f"Content-Encoding {got.field('Content-Encoding')}")
    expect(service, get(b"/openapi.yaml", b"Accept-Encoding: gzip"), 200, "open", more=limit("gzip"))
    expect(service, get(b"/limits", b"Accept-Encoding: gzip"), 200, "open", more=limit(None))


def small_times(service):
    expect(service, [get()[:20], get()[20:]], 200, "open", gap=0.5)
    timed(service, get()[:20], 408, 0.7, 1.6)
    timed(service, b"GET /livez HTTP/1.1\r\nHost: a\r\n", 408, 0.7, 1.9, [b"X: y\r\n"] * 8)
    timed(service, b"G", 408, 0.7, 1.6)
    head = get(BATCH, b"Content-Type: application/json", b"Content-Length: 60000", method=b"POST")
    timed(service, head, 408, 0.5, 1.5)  # the rate: nothing in a window
    timed(service, head, 408, 1.2, 2.3, [b" " * 900] * 20)  # the total: fast enough, too long
    timed(service, get(BATCH, b"Content-Type: application/json", b"Transfer-Encoding: chunked", method=b"POST") + b"5\r\n", 408, 0.5, 1.5)
    timed(service, b"", None, 1.8, 2.9)
    timed(service, b"\r\n", None, 1.8, 2.9)
    client = service.connect()
    client.send(get())
    need(client.answer().status == 200, "no answer")
    start = time.time()
    client.at_end()
    need(1.8 <= time.time() - start <= 2.9, f"idle for {time.time() - start:.2f} s")
    client.close()
    # Within its times a client of 0.4 s a piece is served.
    expect(service, [get(BATCH, b"Content-Type: application/json", b"Content-Length: 13", method=b"POST"), BODY], 200, "open", gap=0.4)
    if not service.context:  # bytes that nobody reads fill the sockets sooner without TLS
        client = Client(service.port)
        client.socket.setsockopt(__import__("socket").SOL_SOCKET, __import__("socket").SO_RCVBUF, 4096)
        client.send(get(b"/openapi.yaml") * 100)
        time.sleep(3.5)
        try:
            while client._more():
                pass
            raise Wrong("a client that does not read was closed in order, not reset")
        except Wrong as error:
            need("reset" in str(error), str(error))


def small_crowd(service):
    held = []
    try:
        while len(held) < 20:
            client = service.connect()
            client.send(get())
            need(client.answer().status == 200, "not served within the limit")
            held.append(client)
        for _ in range(3):
            over = service.connect()
            got = over.answer()
            need(got.status == 503 and got.closes and got.field("Retry-After") == "7", f"over the limit: {got}")
            need(got.json["code"] == "too_many_connections", str(got))
            over.at_end()
            over.close()
        held.pop().close()
        time.sleep(0.2)
        expect(service, get(), 200, "open")
    finally:
        for client in held:
            client.close()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def all_children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return found


def small_handlers(service):
    """The database is stopped for a while: handlers wait, their clients do not."""
    time.sleep(0.3)
    mongod = all_children(service.process.pid)
    need(mongod, "no private mongod to stop")
    os.kill(mongod[0], signal.SIGSTOP)
    try:
        clients = [service.connect() for _ in range(10)]
        start = time.time()
        for client in clients:
            client.send(get(b"/customers/x"))
        answers = [client.answer() for client in clients]
        need(all(a.status == 503 and a.field("Retry-After") for a in answers), f"{[a.status for a in answers]}")
        need({a.json["code"] for a in answers} >= {"overloaded"}, f"a full queue is not told: {[a.json['code'] for a in answers]}")
        need(time.time() - start < 3.5, f"{time.time() - start:.1f} s")
        for client in clients:
            client.send(get())
            need(client.answer().status == 200, "a probe is not answered after a 503")
            client.close()
        probe = time.time()
        expect(service, get(), 200, "open")
        need(time.time() - probe < 0.2, "a probe waits for the database")
    finally:
        os.kill(mongod[0], signal.SIGCONT)


def all_limits(make):
    def body(tls):
        options, environment = make()
        service = Service(*options, tls=tls, environment=environment)
        try:
            for part in (small_limits, small_times, small_crowd, small_handlers):
                part(service)
                time.sleep(0.3)
        finally:
            service.stop()
    return body


RUNS.append((9, "every limit by its option, at its value and one past", all_limits(by_options)))
RUNS.append((9, "every limit by its environment variable, at its value and one past", all_limits(by_environment)))


@run(20, "CORS with --cors-origins, on /v1/* only")
def cross_origin(tls):
    service = Service("--cors-origins", "https://shop.example, https://two.example", tls=tls)
    try:
        def origin(target, value, method=b"GET", *fields):
            client = service.connect()
            client.send(get(target, b"Origin: " + value, *fields, method=method))
            got = client.answer(method.decode())
            client.close()
            return got.field("Access-Control-Allow-Origin"), got
        for target in (b"/v1/track", b"/v1/nowhere"):
            for value in (b"https://shop.example", b"https://two.example"):
                allowed, got = origin(target, value)
                need(allowed == value.decode(), f"{target!r} {value!r}: {allowed}")
                need("origin" in got.field("Vary").lower(), "no Vary: Origin")
            for value in (b"https://evil.example", b"null", b"http://shop.example", b"https://shop.example.evil.example", b"https://shop.example:8443", b"*"):
                allowed, got = origin(target, value)
                need(allowed is None, f"{target!r} {value!r}: {allowed}")
                need("origin" in (got.field("Vary") or "").lower(), "no Vary: Origin for others")
        for target in (b"/livez", b"/customers/x", b"/limits", b"/v10/track", b"/v1"):
            need(origin(target, b"https://shop.example")[0] is None, f"CORS on {target!r}")
        need(origin(b"/ingest/events", b"https://shop.example", b"OPTIONS", b"Access-Control-Request-Method: POST")[0] is None, "preflight outside /v1")
    finally:
        service.stop()
