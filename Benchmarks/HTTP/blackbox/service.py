"""The real service on loopback, with a few customers in it."""

import json, os, shutil, signal, ssl, subprocess, tempfile, time, threading

from wire import Client, need

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("CUSTOMER360_TOOLS", os.path.join(HERE, "../../../.tools"))
PROGRAM = os.environ.get("CUSTOMER360_PROGRAM", os.path.join(HERE, "../../../.build/debug/customer360"))


def certificate(folder, name, *extra):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt",
         *extra], check=True, capture_output=True)
    return f"{folder}/{name}.crt", f"{folder}/{name}.key"


class Service:
    def __init__(self, *options, tls=False, client_ca=False, environment={}, listener=None, folder=None, context=None):
        """`listener`: a listening socket to be started with, as by systemd; `folder`: that of a service that was stopped."""
        self.folder = folder or tempfile.mkdtemp(prefix="c360-blackbox-")
        self.context = context
        options = list(options)
        if tls:
            crt, key = certificate(self.folder, "server")
            options += ["--tls-cert", crt, "--tls-key", key]
            self.context = ssl.create_default_context(cafile=crt)
            self.context.check_hostname = False
            if client_ca:
                ca, ca_key = certificate(self.folder, "agent-service")
                options += ["--tls-client-ca", ca]
                self.context.load_cert_chain(ca, ca_key)
        self.log_path = self.folder + "/log"
        self.log = open(self.log_path, "wb")
        command, passed = [PROGRAM, "serve", "--port", "0", "--data-dir", self.folder + "/data", *options], ()
        if listener:
            passed = (listener.fileno(),)
            start = f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" "$@"'
            command = ["bash", "-c", start, *command]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **environment}, pass_fds=passed)
        line = self.process.stdout.readline().decode()
        if "listening on" not in line:
            self.process.wait()
            raise RuntimeError(f"not listening: {line!r} {open(self.log_path).read()[-2000:]}")
        self.port = int(line.rsplit(":", 1)[1])
        self.scheme = "https" if tls else "http"
        end = time.time() + 30
        while self.ask("GET", "/readyz").status != 200:
            need(time.time() < end, "not ready in 30 s")
            time.sleep(0.1)

    def connect(self, timeout=6.0):
        return Client(self.port, self.context, timeout)

    def ask(self, method, target, body=None, **fields):
        client = self.connect(15)
        try:
            head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            for name, value in fields.items():
                head += f"{name.replace('_', '-')}: {value}\r\n"
            if body is not None:
                head += f"Content-Length: {len(body)}\r\n"
            client.send(head.encode() + b"\r\n" + (body or b""))
            return client.answer(method)
        finally:
            client.close()

    def fill(self):
        """One customer with many attributes, so that his document is worth compressing, and one product."""
        attributes = {f"attribute{n}": "long enough to be compressed " * 3 for n in range(20)}
        records = [{"source": "shop", "sourceId": "s1", "userId": "u1", "firstName": "Ada", "email": "ada@example.com",
                    "attributes": attributes, "updatedAt": "2024-05-01T10:00:00Z"}]
        got = self.ask("POST", "/ingest/customers", json.dumps(records).encode(), Content_Type="application/json")
        need(got.status == 200 and got.json["accepted"] == 1, f"cannot fill: {got}")
        end = time.time() + 20
        while True:
            found = self.ask("GET", "/customers/lookup?email=ada@example.com")
            if found.status == 200 and found.json["items"]:
                self.customer = found.json["items"][0]["customerId"]
                return self
            need(time.time() < end, "the customer does not appear")
            time.sleep(0.1)

    def stop(self, wait=30, keeps=False):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if not keeps:
            shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode
