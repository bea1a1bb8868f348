"""Requirements 19 to 22 and 31 where they need a server of their own: draining, signals, TLS."""

import os, re, signal, socket, ssl, subprocess, threading, time

from cases import PROBE, get, post
from framing import BATCH, BODY
from limits import all_children, expect
from service import Service, certificate
from wire import Client, Wrong, need

RUNS = []


def run(requirement, name, kind=None):
    def declare(body):
        if kind:
            body.kind = kind
        RUNS.append((requirement, name, body))
        return body
    return declare


@run(21, "SIGTERM ends idle connections, finishes what is under way, and the process is gone")
def drain(tls):
    service = Service(tls=tls)
    try:
        idle, half, fresh = service.connect(20), service.connect(20), service.connect(20)
        for client in (idle, half):
            client.send(PROBE)
            need(client.answer().status == 200, "no answer")
        head = get(BATCH, b"Content-Type: application/json", b"Content-Length: 13", method=b"POST")
        half.send(head)
        time.sleep(0.2)
        service.process.send_signal(signal.SIGTERM)
        start = time.time()
        time.sleep(0.3)
        # What is on its way is answered and told to close.
        fresh.send(get(b"/readyz"))
        got = fresh.answer()
        need(got.status == 503 and got.closes, f"ready while draining: {got}")
        fresh.at_end()
        half.send(BODY)
        got = half.answer()
        need(got.status == 200 and got.closes, f"in flight: {got}")
        half.at_end()
        idle.at_end()
        need(time.time() - start < 3, f"idle connections end after {time.time() - start:.1f} s")
        try:
            Client(service.port)
            raise Wrong("still accepting")
        except OSError:
            pass
        service.process.wait(15)
        took = time.time() - start
        need(service.process.returncode == 0 and took < 15, f"exit {service.process.returncode} after {took:.1f} s")
    finally:
        service.stop()


@run(21, "a client that never ends its request does not hold the process for longer than 15 s")
def stubborn(tls):
    service = Service(tls=tls)
    try:
        client, deaf = service.connect(20), service.connect(20)
        client.send(get(BATCH, b"Content-Type: application/json", b"Content-Length: 60000", method=b"POST"))
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.send(get(b"/openapi.yaml") * 200)
        time.sleep(0.5)
        start = time.time()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(20)
        took = time.time() - start
        need(took < 15, f"exit after {took:.1f} s")
        print(f"     (drained a client that never ends in {took:.1f} s, exit {service.process.returncode})")
    finally:
        service.stop()


@run(21, "a second SIGTERM ends at once")
def second(tls):
    service = Service(tls=tls)
    try:
        client = service.connect()
        client.send(get(BATCH, b"Content-Type: application/json", b"Content-Length: 60000", method=b"POST"))
        time.sleep(0.2)
        children = all_children(service.process.pid)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        need(service.process.poll() is None, "ended with a request under way")
        start = time.time()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(5)
        need(time.time() - start < 1, f"after {time.time() - start:.1f} s")
        for child in children:
            try:
                os.kill(child, signal.SIGTERM)
            except OSError:
                pass
    finally:
        service.stop()


@run(21, "requests under load while draining are answered or never taken")
def under_load(tls):
    service = Service(tls=tls)
    try:
        cut = []

        def ask():
            try:
                client = service.connect()
            except OSError:
                return
            try:
                while True:
                    client.send(get(b"/customers/none"))
                    try:
                        got = client.answer()
                    except Wrong as error:
                        # Between two requests the end is in order: the request was not taken.
                        if "so far b''" not in str(error) and "got b''" not in str(error):
                            cut.append(str(error))
                        return
                    if got.closes:
                        return
            finally:
                client.close()

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(20)
        service.process.wait(15)
        need(not cut, f"{len(cut)} answers cut: {cut[:2]}")
        need(service.process.returncode == 0, f"exit {service.process.returncode}")
    finally:
        service.stop()


@run(21, "a restart by socket activation refuses no connection and loses no request")
def activation(tls):
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    first = Service(tls=tls, listener=listener)
    second, counts, failures, stop = None, [0] * 8, [], threading.Event()

    def ask(number):
        while not stop.is_set():
            try:
                client = Client(listener.getsockname()[1], first.context, 30)
                client.send(get(b"/livez", b"Connection: close"))
                need(client.answer().status == 200, "not live")
                client.at_end()
                client.close()
                counts[number] += 1
            except (Wrong, OSError) as error:
                failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    try:
        need(first.port == listener.getsockname()[1], "not the socket that it was started with")
        for thread in threads:
            thread.start()
        time.sleep(1)
        before = sum(counts)
        need(first.stop(keeps=True) == 0, "the first one ends with an error")
        options = ["--tls-cert", first.folder + "/server.crt", "--tls-key", first.folder + "/server.key"] if tls else []
        second = Service(*options, listener=listener, folder=first.folder, context=first.context)
        after = sum(counts)
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join(40)
        need(not failures, f"{len(failures)} failed: {failures[:2]}")
        need(before > 50 and sum(counts) > after, f"{before} before, {sum(counts) - after} after")
    finally:
        stop.set()
        (second or first).stop()
        listener.close()


@run(22, "a client that ends its side after a request is answered", "plain")
def half_closed(tls):
    service = Service().fill()
    try:
        for request, status in ((PROBE, 200), (get(b"/customers/" + service.customer.encode()), 200), (post(BATCH, BODY), 200), (get(b"/nowhere"), 404)):
            client = service.connect()
            client.send(request)
            client.socket.shutdown(socket.SHUT_WR)
            got = client.answer()
            need(got.status == status, str(got))
            client.at_end()
            client.close()
        for cut in (PROBE[:10], post(BATCH, BODY)[:-3], PROBE[:-2], get(BATCH, b"Transfer-Encoding: chunked", b"Content-Type: application/json", method=b"POST") + b"5\r\nab"):
            client = service.connect()
            client.send(cut)
            client.socket.shutdown(socket.SHUT_WR)
            got = client.answer()
            need(got.status == 400 and got.closes, str(got))
            client.at_end()
            client.close()
        before = len(os.listdir(f"/proc/{service.process.pid}/fd"))
        for number in range(500):
            client = socket.create_connection(("127.0.0.1", service.port))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.send((PROBE * 3)[:number % 120] if number % 2 else get(b"/livez") * 2)
            client.close()
        time.sleep(0.5)
        need(len(os.listdir(f"/proc/{service.process.pid}/fd")) <= before, "resets leave descriptors behind")
        need(service.ask("GET", "/livez").status == 200, "no answer after resets")
    finally:
        service.stop()


def handshake(service, **changes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in changes.items():
        if callable(getattr(context, name, None)):
            getattr(context, name)(value)
        else:
            setattr(context, name, value)
    raw = socket.create_connection(("127.0.0.1", service.port), timeout=5)
    try:
        return context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
    except BaseException:
        raw.close()
        raise


def refused(service, **changes):
    try:
        handshake(service, **changes).close()
    except (ssl.SSLError, ConnectionError):
        return
    raise Wrong(f"agreed on {changes}")


@run(31, "versions, ciphers, ALPN, close_notify, handshakes that are none", "tls")
def agreement(tls):
    service = Service("--head-timeout-ms", "1000", tls=True)
    try:
        V = ssl.TLSVersion
        for version in (V.TLSv1_2, V.TLSv1_3):
            with handshake(service, minimum_version=version, maximum_version=version) as s:
                need(s.version() == {V.TLSv1_2: "TLSv1.2", V.TLSv1_3: "TLSv1.3"}[version], s.version())
                need(re.search("GCM|CHACHA20", s.cipher()[0]), s.cipher()[0])
        for version in ("tls1", "tls1_1"):
            out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{service.port}", f"-{version}", "-cipher", "ALL:@SECLEVEL=0"],
                                 input=b"", capture_output=True).stdout
            need(b"Cipher is (NONE)" in out or b"Cipher    : 0000" in out, f"{version} is agreed on")
        for cipher in ("AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256", "AES256-SHA256"):
            out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{service.port}", "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0"],
                                 input=b"", capture_output=True).stdout
            need(b"Cipher is (NONE)" in out, f"{cipher} is agreed on")
        with handshake(service, set_alpn_protocols=["h2", "http/1.1"]) as s:
            need(s.selected_alpn_protocol() == "http/1.1", str(s.selected_alpn_protocol()))
        with handshake(service, set_alpn_protocols=["http/1.1"]) as s:
            need(s.selected_alpn_protocol() == "http/1.1", str(s.selected_alpn_protocol()))
        with handshake(service) as s:
            need(s.selected_alpn_protocol() is None, "a protocol nobody asked for")
        for protocols in (["h2"], ["spdy/3", "h2"], ["http/1.0"]):
            refused(service, set_alpn_protocols=protocols)
        # A handshake has the time of a head.
        for hello in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00"):
            raw = socket.create_connection(("127.0.0.1", service.port), timeout=5)
            raw.send(hello)
            start = time.time()
            try:
                need(raw.recv(10) == b"", "bytes before a hello")
            except ConnectionResetError:
                pass
            need(0.6 < time.time() - start < 2, f"a handshake of {hello!r} ends after {time.time() - start:.1f} s")
            raw.close()
        # Plain HTTP on the port of TLS, and garbage.
        for words in (PROBE, b"\x80\x2e\x01\x00\x02", os.urandom(300)):
            raw = socket.create_connection(("127.0.0.1", service.port), timeout=5)
            raw.send(words)
            try:
                got = raw.recv(4096)
                need(not got.startswith(b"HTTP/"), "plain HTTP is answered")
            except ConnectionResetError:
                pass
            raw.close()
        # Record by record, and bytes one at a time below TLS.
        client = service.connect()
        for byte in get(b"/livez"):
            client.send(bytes([byte]))
        need(client.answer().status == 200, "bytes one by one")
        # A client that says close_notify and nothing else.
        client.send(get(b"/livez", b"Connection: close"))
        need(client.answer().status == 200, "close")
        client.at_end()
        client.close()
        # TLS 1.2 may not renegotiate.
        out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{service.port}", "-tls1_2"], input=b"R\n", capture_output=True, timeout=10)
        need(b"no renegotiation" in out.stderr or b"Renegotiation" not in out.stdout or out.returncode != 0, "renegotiated")
        need(expect(service, get(b"/livez"), 200, "open").status == 200, "no answer afterwards")
        # Session tickets resume.
        context = service.context
        raw = socket.create_connection(("127.0.0.1", service.port), timeout=5)
        first = context.wrap_socket(raw, server_hostname="localhost")
        first.send(PROBE)
        first.recv(4096)
        session = first.session
        first.close()
        raw = socket.create_connection(("127.0.0.1", service.port), timeout=5)
        second = context.wrap_socket(raw, server_hostname="localhost", session=session)
        need(second.session_reused, "a session is not resumed")
        second.close()
    finally:
        service.stop()


@run(31, "SIGHUP: new connections see the new certificate, old ones go on, a bad one changes nothing", "tls")
def reload(tls):
    service = Service(tls=True)
    try:
        def serial():
            return ssl.get_server_certificate(("127.0.0.1", service.port))
        old = serial()
        held = service.connect(20)
        held.send(PROBE)
        need(held.answer().status == 200, "no answer")
        good = [open(f"{service.folder}/server.{end}").read() for end in ("crt", "key")]
        with open(f"{service.folder}/server.crt", "w") as file:
            file.write("not a certificate")
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        need(serial() == old, "a bad certificate changed something")
        certificate(service.folder, "server")
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        need(serial() != old, "the certificate is not read again")
        held.send(PROBE)
        need(held.answer().status == 200, "an old connection is cut")
        need(service.process.poll() is None, "SIGHUP ended the service")
    finally:
        service.stop()


@run(31, "SIGHUP every 50 ms under load: no request and no connection fails", "tls")
def reload_under_load(tls):
    service = Service(tls=True)
    counts, failures, stop = [0] * 6, [], threading.Event()

    def ask(number):
        """Half of them keep their connection, half make a new one for each request."""
        client = None
        while not stop.is_set():
            try:
                client = client or service.connect()
                client.send(PROBE)
                need(client.answer().status == 200, "not live")
                counts[number] += 1
                if number % 2:
                    client.close()
                    client = None
            except (Wrong, OSError) as error:
                failures.append(f"{type(error).__name__}: {error}")
                client = None

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(counts))]
    try:
        for thread in threads:
            thread.start()
        for _ in range(40):
            service.process.send_signal(signal.SIGHUP)
            time.sleep(0.05)
        stop.set()
        for thread in threads:
            thread.join(20)
        need(not failures, f"{len(failures)} of {sum(counts)} failed: {failures[:2]}")
        need(min(counts) > 10, f"{counts} requests")
    finally:
        stop.set()
        service.stop()


@run(31, "SIGHUP without TLS changes nothing", "plain")
def hang_up(tls):
    service = Service()
    try:
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        need(service.ask("GET", "/livez").status == 200, "SIGHUP ended the service")
    finally:
        service.stop()


@run(31, "with --tls-client-ca nobody enters without a certificate of it", "tls")
def mutual(tls):
    service = Service(tls=True, client_ca=True)
    try:
        need(service.ask("GET", "/livez").status == 200, "a good certificate is refused")
        other = certificate(service.folder, "stranger")
        for load in (None, other):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if load:
                context.load_cert_chain(*load)
            try:
                # In TLS 1.3 a client hears of it with its first read.
                client = Client(service.port, context)
                client.send(PROBE)
                got = client.answer()
                raise RuntimeError(f"a stranger is answered {got.status}")
            except (ssl.SSLError, ConnectionError, Wrong):
                pass
    finally:
        service.stop()


@run(31, "files of TLS that cannot be used stop the start with a word", "tls")
def bad_files(tls):
    for options in (["--tls-cert", "/none", "--tls-key", "/none"], ["--tls-cert", "/etc/hostname", "--tls-key", "/etc/hostname"], ["--tls-cert", "/none"], ["--tls-client-ca", "/none"]):
        try:
            Service(*options).stop()
            raise Wrong(f"started with {options}")
        except RuntimeError as error:
            need("not listening" in str(error), str(error))
