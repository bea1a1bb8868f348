"""A client that sees bytes: it sends what it is given and holds every answer against what every answer must be."""

import email.utils, json, re, socket, ssl, time

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [\t\x20-\x7e]*\Z")
FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT\Z")
ONCE = ["date", "content-length", "content-type", "transfer-encoding", "connection", "etag", "cache-control", "vary",
        "retry-after", "allow", "location", "x-request-id", "x-content-type-options", "content-encoding", "accept"]


class Wrong(AssertionError):
    """The server did something else than it must."""


class Answer:
    def __init__(self, status, fields, body, method):
        self.status, self.fields, self.body, self.method = status, fields, body, method

    def field(self, name):
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def closes(self):
        return "close" in [word.strip().lower() for word in (self.field("Connection") or "").split(",")]

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:200]!r}"


def need(condition, message):
    if not condition:
        raise Wrong(message)


class Client:
    """One connection. `tls` is an SSLContext or None."""

    def __init__(self, port, tls=None, timeout=6.0):
        raw = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A stream that ends without close_notify is an error here, as RFC 9112 section 9.8 has it.
        self.socket = tls.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) if tls else raw
        self.is_tls = tls is not None
        self.buffer = b""
        self.ended = False

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass

    def send(self, data, gap=0.0):
        """Sends bytes, or a list of pieces with a pause between them. A peer that closed early is no error here."""
        for number, piece in enumerate([data] if isinstance(data, bytes) else data):
            if number:
                time.sleep(gap or 0.01)
            try:
                self.socket.sendall(piece)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                return

    def end_output(self):
        if self.is_tls:
            self.socket._sslobj and self.socket.shutdown  # a TLS client cannot end one side alone
        else:
            self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        if self.ended:
            return False
        try:
            piece = self.socket.recv(65536)
        except ssl.SSLZeroReturnError:
            piece = b""
        except ssl.SSLEOFError:
            raise Wrong("the stream ended without close_notify")
        except (TimeoutError, socket.timeout):
            raise Wrong(f"no answer in time; so far {self.buffer[:120]!r}")
        except ConnectionResetError:
            raise Wrong(f"connection reset; so far {self.buffer[:120]!r}")
        if not piece:
            self.ended = True
            return False
        self.buffer += piece
        return True

    def answer(self, method="GET"):
        """The next final answer, checked; interim ones are counted in `interim`."""
        self.interim = 0
        while True:
            got = self._one(method)
            if got.status >= 200:
                check_answer(got)
                return got
            need(got.status == 100, f"interim {got.status}")
            self.interim += 1

    def has_answer(self):
        """Whether something has come, without waiting for it."""
        self.socket.setblocking(False)
        try:
            self.buffer += self.socket.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError, OSError):
            pass
        finally:
            self.socket.settimeout(6)
        return bool(self.buffer)

    def _one(self, method):
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                raise Wrong(f"connection ended before an answer; got {self.buffer[:200]!r}")
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        match = STATUS_LINE.match(lines[0])
        need(match, f"status line {lines[0]!r}")
        status = int(match[1])
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            need(colon and TOKEN.match(name), f"field line {line!r}")
            need(not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value), f"control character in {line!r}")
            fields.append((name.decode(), value.strip(b" \t").decode("latin-1")))
        answer = Answer(status, fields, b"", method)
        length, coding = answer.field("Content-Length"), answer.field("Transfer-Encoding")
        if status < 200 or status == 204:
            need(length is None and coding is None, f"{status} with framing fields")
        elif status == 304 or method == "HEAD":
            pass
        elif coding:
            need(coding == "chunked" and length is None, f"framing {coding} {length}")
            answer.body = self._chunks()
        else:
            need(length is not None, f"{status} with neither length nor chunks")
            answer.body = self._exactly(int(length))
        return answer

    def _exactly(self, count):
        while len(self.buffer) < count:
            need(self._more(), f"body of {count} ended after {len(self.buffer)}")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                need(self._more(), "chunks ended early")
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            size = int(line, 16)
            body += self._exactly(size)
            need(self._exactly(2) == b"\r\n", "chunk without its end")
            if size == 0:
                return body

    def at_end(self):
        """Nothing more comes, and the stream ends in order."""
        need(not self.buffer, f"more after the last answer: {self.buffer[:120]!r}")
        while self._more():
            need(False, f"more after the last answer: {self.buffer[:120]!r}")


def check_answer(answer):
    """What holds for every answer whatever was asked."""
    status, method = answer.status, answer.method
    for name in ONCE:
        count = sum(key.lower() == name for key, _ in answer.fields)
        need(count <= 1 or name in ("cache-control", "vary", "connection"), f"{name} stands {count} times")
    date = answer.field("Date")
    need(date and FIXDATE.match(date), f"Date {date!r} on {status}")
    need(abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time()) < 3, f"Date is off: {date}")
    need(answer.field("X-Content-Type-Options") == "nosniff", f"no nosniff on {status}")
    need(answer.field("X-Request-Id"), f"no X-Request-Id on {status}")
    need(not re.search(r"\d", answer.field("Server") or ""), "Server tells a version")
    if status >= 400:
        need(answer.field("Content-Type") == "application/problem+json", f"{status} as {answer.field('Content-Type')}")
        need(answer.field("Cache-Control"), f"no Cache-Control on {status}")
        if method != "HEAD":
            body = answer.body
            if answer.field("Content-Encoding") == "gzip":
                import gzip
                body = gzip.decompress(body)
            problem = json.loads(body)
            need(problem["status"] == status, f"problem says {problem['status']}")
            for member in ("type", "title", "code", "detail", "requestId"):
                need(isinstance(problem.get(member), str) and problem[member], f"problem without {member}")
            need(problem["requestId"] == answer.field("X-Request-Id"), "requestId differs from X-Request-Id")
        need(answer.field("Content-Length") is not None, f"{status} without Content-Length")
    for code, name in ((405, "Allow"), (401, "WWW-Authenticate"), (503, "Retry-After"), (429, "Retry-After")):
        need(status != code or answer.field(name) is not None, f"{code} without {name}")
    need(status != 415 or answer.field("Accept") or answer.field("Accept-Encoding"), "415 without Accept")
