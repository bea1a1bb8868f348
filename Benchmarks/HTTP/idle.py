#!/usr/bin/env python3
"""Memory and wake-ups of idle keep-alive connections, each after one request. usage: idle.py [COUNT]"""
import os, resource, socket, subprocess, sys, time

count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
here = os.path.dirname(os.path.abspath(__file__))
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def state(pid):
    with open(f"/proc/{pid}/status") as status:
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    switches = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as status:
            switches += sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
    return rss, switches


server = subprocess.Popen([f"{here}/.build/release/Ours", "18660"], stdout=subprocess.DEVNULL)
try:
    time.sleep(0.5)
    sockets = []

    def one():
        s = socket.create_connection(("127.0.0.1", 18660))
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 200")
        sockets.append(s)

    for _ in range(10):
        one()
    time.sleep(1)
    before = state(server.pid)
    for _ in range(count):
        one()
    time.sleep(1)
    full = state(server.pid)
    time.sleep(10)
    later = state(server.pid)
    print(f"{count} idle connections: {(full[0] - before[0]) * 1024 / count:.0f} bytes each (RSS {before[0]} -> {full[0]} KB)")
    print(f"context switches of the whole server in 10 idle seconds: {later[1] - full[1]}")
    for s in sockets:
        s.close()
    time.sleep(2)
    print(f"after they left: RSS {state(server.pid)[0]} KB")
finally:
    server.kill()
    server.wait()
