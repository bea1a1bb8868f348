#!/usr/bin/env python3
"""Hostile clients against .build/release/Ours, one kind after the other, while a well-behaved client goes on asking.

Shows, for each kind, the worst and the 99th percentile of the well-behaved client, and at the end whether memory and
descriptors of the server are back where they were. The four modes of slowhttptest (Debian), 500 connections each, are among
them; each must find the service available throughout. Loopback only; bounded in count and time. usage: hostile.py [SCALE [ATTACK...]]
"""
import multiprocessing, os, random, re, resource, shutil, socket, struct, subprocess, sys, time

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
PORT = 18650
HERE = os.path.dirname(os.path.abspath(__file__))
GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"


def connect():
    s = socket.create_connection(("127.0.0.1", PORT), timeout=5)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def well_behaved(stop, results):
    """One connection, a request every 5 ms, by turns from memory and by way of a worker."""
    s, times, failures, number = connect(), [], 0, 0
    while not stop.is_set():
        start = time.perf_counter()
        try:
            s.sendall(GET % (b"/worker" if number % 2 else b"/"))
            got = b""
            while b"}" not in got.partition(b"\r\n\r\n")[2]:
                piece = s.recv(4096)
                if not piece:
                    raise OSError("closed")
                got += piece
            if not got.startswith(b"HTTP/1.1 200"):
                failures += 1
        except OSError:
            failures += 1
            s = connect()
        times.append((time.perf_counter() - start) * 1000)
        number += 1
        time.sleep(0.005)
    times.sort()
    results.put((len(times), failures, times[int(len(times) * 0.99)], times[-1]))


def hold(count, first, then, seconds, pause=0.5):
    """Opens connections, sends `first` on each, and a little of `then` from time to time."""
    sockets = []
    for _ in range(int(count * SCALE)):
        try:
            s = connect()
            s.setblocking(False)
            s.send(first)
            sockets.append(s)
        except OSError:
            pass
    end = time.time() + seconds
    while time.time() < end:
        for s in sockets:
            try:
                if then:
                    s.send(then)
            except OSError:
                pass
        time.sleep(pause)


def slow_heads(): hold(1000, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-a: b\r\n", 8)
def slow_bodies(): hold(1000, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n", b"xx", 8)
def never_reading(): hold(300, (GET % b"/big") * 3, b"", 8)
def half_open(): hold(3000, b"", b"", 8)


def header_bombs():
    end = time.time() + 8
    while time.time() < end:
        try:
            s = connect()
            for _ in range(20):
                s.send(b"X-%d: " % random.randrange(10**9) + b"a" * 8000 + b"\r\n")
            s.close()
        except OSError:
            pass


def connects_and_closes(count=100_000):
    """As many as that in fact: from many addresses of the loopback, since one runs out of ports."""
    number, end = 0, time.time() + 120
    while number < int(count * SCALE):
        try:
            s = socket.socket()
            s.bind((f"127.0.{number % 50}.{number % 199 + 2}", 0))
            s.connect(("127.0.0.1", PORT))
            if number % 3 == 1:
                s.send(b"GET / HT")
            if number % 3 == 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            number += 1
        except OSError as error:
            if time.time() > end:
                raise SystemExit(f"{number} connects only: {error}")
            time.sleep(0.001)


def garbage():
    end = time.time() + 5
    while time.time() < end:
        try:
            s = connect()
            s.send(random.randbytes(random.randrange(1, 3000)))
            s.close()
        except OSError:
            pass


def slowhttptest(mode, path, *options):
    """One mode of slowhttptest for 20 seconds; raises when it found the service closed."""
    run = subprocess.run(
        ["slowhttptest", mode, "-c", "500", "-r", "200", "-l", "20", "-p", "2", *options, "-u", f"http://127.0.0.1:{PORT}{path}"],
        capture_output=True, text=True)
    answers = re.findall(r"service available:\s*(\w+)", re.sub(r"\x1b\[[0-9;]*m", "", run.stdout))
    if not answers or set(answers) != {"YES"}:
        raise SystemExit(f"slowhttptest {mode}: {answers or run.stdout[-300:] + run.stderr[-300:]}")


def slowhttptest_heads(): slowhttptest("-H", "/", "-i", "2", "-x", "24")
def slowhttptest_bodies(): slowhttptest("-B", "/echo", "-i", "2", "-s", "8192", "-x", "10", "-f", "application/json")
def slowhttptest_ranges(): slowhttptest("-R", "/big", "-a", "10", "-b", "3000")
def slowhttptest_reads(): slowhttptest("-X", "/big", "-k", "3", "-n", "1", "-w", "10", "-y", "20", "-z", "32")


def server_state(pid):
    with open(f"/proc/{pid}/status") as status:
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return rss, len(os.listdir(f"/proc/{pid}/fd"))


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = subprocess.Popen([f"{HERE}/.build/release/Ours", str(PORT)], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        ok = True
        kinds = [None, slow_heads, slow_bodies, never_reading, header_bombs, garbage, connects_and_closes, half_open]
        if shutil.which("slowhttptest"):
            kinds += [slowhttptest_heads, slowhttptest_bodies, slowhttptest_ranges, slowhttptest_reads]
        else:
            print("slowhttptest is not installed: its four modes are left out")
        kinds = [kind for kind in kinds if kind is None or not sys.argv[2:] or kind.__name__ in sys.argv[2:]]
        baseline = None
        print(f"{'attack':20} {'requests':>8} {'failed':>6} {'p99 ms':>8} {'max ms':>8} {'RSS KB':>8} {'fds':>6}", flush=True)
        for kind in kinds:
            stop, results = multiprocessing.Event(), multiprocessing.Queue()
            client = multiprocessing.Process(target=well_behaved, args=(stop, results))
            client.start()
            peak = server_state(server.pid)
            if kind:
                attacker = multiprocessing.Process(target=kind)
                attacker.start()
                while attacker.is_alive():
                    attacker.join(0.3)
                    peak = max(peak, server_state(server.pid))
                ok = ok and attacker.exitcode == 0
            else:
                time.sleep(5)
            stop.set()
            count, failed, p99, worst = results.get()
            client.join()
            name = kind.__name__ if kind else "none"
            print(f"{name:20} {count:8} {failed:6} {p99:8.2f} {worst:8.2f} {peak[0]:8} {peak[1]:6}", flush=True)
            ok = ok and failed == 0 and (p99 < 50 or kind is None)
            if not kind:
                time.sleep(3)
                baseline = server_state(server.pid)
        print(f"before: RSS {baseline[0]} KB, {baseline[1]} descriptors")
        for _ in range(40):
            time.sleep(1)
            after = server_state(server.pid)
            if after[1] == baseline[1] and after[0] < baseline[0] + 8_192:
                break
        print(f"after:  RSS {after[0]} KB, {after[1]} descriptors")
        ok = ok and after[1] == baseline[1] and after[0] < baseline[0] + 8_192
        print("ok" if ok else "NOT OK")
        return 0 if ok else 1
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
