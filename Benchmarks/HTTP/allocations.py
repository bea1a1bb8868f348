#!/usr/bin/env python3
"""Allocations of the server by phase, counted by an interposer: what a connection costs, and what a request costs on it.

Needs cc and .build/release/Ours. Loopback only. usage: allocations.py
"""
import os, signal, socket, ssl, subprocess, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 18670
GET = "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n%s\r\n"


def connect():
    return socket.create_connection(("127.0.0.1", PORT))


def ask(client, request, times):
    for _ in range(times):
        client.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += client.recv(65536)
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 2") or head.startswith(b"HTTP/1.1 4"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += client.recv(65536)


with tempfile.TemporaryDirectory() as folder:
    library = folder + "/malloc-count.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE + "/malloc-count.c", "-ldl"], check=True)
    server = subprocess.Popen([HERE + "/.build/release/Ours", str(PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env={**os.environ, "LD_PRELOAD": library})
    try:
        time.sleep(0.5)

        def count():
            time.sleep(0.2)
            server.send_signal(signal.SIGUSR2)
            return [int(word) for word in server.stderr.readline().split()]

        def phase(name, times, run):
            run(50)
            before = count()
            run(times)
            after = count()
            print(f"{name:58} {(after[0] - before[0]) / times:8.2f} {(after[1] - before[1]) / times:10.0f}", flush=True)

        def connections(times):
            for _ in range(times):
                client = connect()
                client.close()
            time.sleep(0.2)

        def one_each(times):
            for _ in range(times):
                client = connect()
                ask(client, (GET % ("/", "")).encode(), 1)
                client.close()
            time.sleep(0.2)

        kept = connect()
        print(f"{'phase':58} {'per unit':>8} {'bytes':>10}")
        phase("a connection that asks nothing", 2000, connections)
        phase("a connection with one GET", 2000, one_each)
        phase("GET, handler on the loop", 20000, lambda n: ask(kept, (GET % ("/", "")).encode(), n))
        phase("GET, handler on a worker", 20000, lambda n: ask(kept, (GET % ("/worker", "")).encode(), n))
        phase("GET with a query, ten more fields", 20000, lambda n: ask(kept, (GET % ("/?a=b&c=d", "".join(f"X-{i}: y\r\n" for i in range(10)))).encode(), n))
        phase("GET, 404", 20000, lambda n: ask(kept, (GET % ("/nowhere", "")).encode(), n))
        phase("POST of 500 bytes, echoed by a worker", 20000, lambda n: ask(
            kept, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" + b"x" * 500, n))
    finally:
        server.kill()
        server.wait()
