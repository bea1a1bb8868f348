"""Cases as data: what is sent, what must come back, and whether the connection must go on."""

from dataclasses import dataclass
from typing import Callable, Optional, Union

from wire import need

CASES = []
PROBE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass
class Case:
    requirement: int
    name: str
    send: Union[bytes, list]
    expect: Union[int, tuple]
    after: str = "open"  # "open", "close", or "any"
    method: str = "GET"
    check: Optional[Callable] = None
    gap: float = 0.0
    more: tuple = ()  # (method, status) of the answers that follow the first

    def run(self, service):
        def fill(piece):
            return piece.replace(b"@ID", service.customer.encode())
        client = service.connect()
        try:
            client.send(fill(self.send) if isinstance(self.send, bytes) else [fill(p) for p in self.send], self.gap)
            got = client.answer(self.method)
            wanted = self.expect if isinstance(self.expect, tuple) else (self.expect,)
            need(got.status in wanted, f"{got.status} instead of {wanted}: {got.body[:160]!r}")
            if self.check:
                said = self.check(got) if self.check.__code__.co_argcount == 1 else self.check(got, client)
                need(said is None or said is True, f"{said or 'check'} failed: {got}")
            for method, status in self.more:
                got = client.answer(method)
                need(got.status == status, f"then {got.status} instead of {status}")
            if self.after == "close":
                need(got.closes, "closes without saying so")
                client.at_end()
            elif self.after == "open":
                need(not got.closes, "says close")
                client.send(PROBE)
                need(client.answer().status == 200, "the connection is out of step")
        finally:
            client.close()


def case(requirement, name, send, expect, after="open", **more):
    CASES.append(Case(requirement, name, send, expect, after, **more))


def get(target=b"/livez", *fields, version=b"HTTP/1.1", method=b"GET", host=b"Host: localhost"):
    lines = [method + b" " + target + b" " + version] + ([host] if host else []) + list(fields)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def post(target, body, *fields, method=b"POST", type=b"application/json", length=True):
    fields = list(fields)
    if type:
        fields.append(b"Content-Type: " + type)
    if length:
        fields.append(b"Content-Length: %d" % len(body))
    return get(target, *fields, method=method) + body


def chunked(target, body, *fields, type=b"application/json"):
    return get(target, b"Content-Type: " + type, b"Transfer-Encoding: chunked", *fields, method=b"POST") + body
