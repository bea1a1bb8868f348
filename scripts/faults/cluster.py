"""Three mongods in network namespaces of their own, and the service in a fourth. Nothing outside these namespaces is touched.

All namespaces hang on a bridge in a hub namespace: node n has the address 10.36.0.n, the service and its clients 10.36.0.9.
Needs root, iproute2 and iptables."""

import ctypes
import datetime
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pymongo

DATA_MEGABYTES = 600


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


class Cluster:
    def __init__(self, mongod, election_ms):
        self.tag = f"c{os.getpid() % 100000}"
        self.mongod = mongod
        self.folder = tempfile.mkdtemp(prefix="customer360-faults-")
        self.processes = {}
        self.hub = f"{self.tag}h"
        self._network()
        for node in (1, 2, 3):
            path = f"{self.folder}/{node}"
            os.mkdir(path)
            run("mount", "-t", "tmpfs", "-o", f"size={DATA_MEGABYTES}m", "none", path)
            self.start(node)
        self._enter(self.namespace(9))
        self._initiate(election_ms)

    def namespace(self, node):
        return f"{self.tag}n{node}"

    def address(self, node):
        return f"10.36.0.{node}:27017"

    @property
    def uri(self):
        return "mongodb://" + ",".join(map(self.address, (1, 2, 3))) + "/?replicaSet=faults"

    def _network(self):
        run("ip", "netns", "add", self.hub)
        run("ip", "-n", self.hub, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", self.hub, "link", "set", "bridge", "up")
        for node in (1, 2, 3, 9):
            name = self.namespace(node)
            run("ip", "netns", "add", name)
            run("ip", "-n", self.hub, "link", "add", f"p{node}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "-n", self.hub, "link", "set", f"p{node}", "master", "bridge", "up")
            run("ip", "-n", name, "address", "add", f"10.36.0.{node}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")

    def _enter(self, name):
        """Moves this process into a namespace: threads and children made from here on live there."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/var/run/netns/{name}") as file:
            if libc.setns(file.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def start(self, node):
        path = f"{self.folder}/{node}"
        log = open(f"{self.folder}/mongod-{node}.log", "a")
        command = [
            "ip", "netns", "exec", self.namespace(node), self.mongod, "--dbpath", path, "--bind_ip", f"127.0.0.1,10.36.0.{node}",
            "--port", "27017", "--replSet", "faults", "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket",
            "--setParameter", "enableTestCommands=1", "--setParameter", "diagnosticDataCollectionEnabled=false",
            # As the README advises: a secondary that was cut off from its source looks for another one at once.
            "--setParameter", "oplogFetcherSteadyStateMaxFetcherRestarts=0",
            "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"]
        self.processes[node] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()

    def _initiate(self, election_ms):
        settings = {"electionTimeoutMillis": election_ms, "heartbeatIntervalMillis": min(2000, election_ms // 4)}
        members = [{"_id": node, "host": self.address(node)} for node in (1, 2, 3)]
        self.wait("the start of the nodes", lambda: all(self.hello(node) is not None for node in (1, 2, 3)))
        with self.client(1) as client:
            client.admin.command("replSetInitiate", {"_id": "faults", "members": members, "settings": settings})
        self.wait_healthy()

    def client(self, node=None, **options):
        if node is None:
            return pymongo.MongoClient(self.uri, **options)
        return pymongo.MongoClient(
            "mongodb://" + self.address(node), directConnection=True, serverSelectionTimeoutMS=1500, socketTimeoutMS=5000, **options)

    def hello(self, node):
        try:
            with self.client(node) as client:
                return client.admin.command("hello")
        except pymongo.errors.PyMongoError:
            return None

    def primary(self):
        for _ in range(200):
            for node in (1, 2, 3):
                if self.processes[node].poll() is None and (self.hello(node) or {}).get("isWritablePrimary"):
                    return node
            time.sleep(0.1)
        raise RuntimeError("no primary")

    def split_votes(self, start, end):
        """Elections between two moments of time.monotonic() in which every candidate voted for itself, by the nodes' logs."""
        offset = time.time() - time.monotonic()
        lost = {1: 0, 2: 0, 3: 0}
        for node in lost:
            with open(f"{self.folder}/mongod-{node}.log", encoding="utf-8", errors="replace") as file:
                for line in file:
                    if '"msg":"Lost election","attr":{"isDryRun":false}' in line:
                        at = datetime.datetime.fromisoformat(json.loads(line)["t"]["$date"]).timestamp() - offset
                        lost[node] += start <= at <= end
        return max(lost.values())

    def secondaries(self):
        primary = self.primary()
        return [node for node in (1, 2, 3) if node != primary]

    def is_healthy(self):
        for node in (1, 2, 3):
            hello = self.hello(node)
            if hello is None or not (hello.get("isWritablePrimary") or hello.get("secondary")):
                return False
        states = []
        for node in (1, 2, 3):
            with self.client(node) as client:
                status = client.admin.command("replSetGetStatus")
            states.append(sorted((member["_id"], member["state"]) for member in status["members"]))
        return states[0] == states[1] == states[2] and sorted(state for _, state in states[0]) == [1, 2, 2]

    def wait(self, what, holds, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if holds():
                    return
            except pymongo.errors.PyMongoError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{what} did not happen")

    def wait_healthy(self):
        self.wait("a healthy set", self.is_healthy, 120)

    def signal(self, node, number):
        self.processes[node].send_signal(number)

    def kill(self, node):
        self.signal(node, signal.SIGKILL)
        self.processes[node].wait()

    def cut(self, node, peers_only=False):
        """Drops every packet between a node and the others; of its peers only, or of the service as well."""
        others = [peer for peer in (1, 2, 3, 9) if peer != node and not (peers_only and peer == 9)]
        for peer in others:
            for chain, side in (("INPUT", "-s"), ("OUTPUT", "-d")):
                run("ip", "netns", "exec", self.namespace(node), "iptables", "-A", chain, side, f"10.36.0.{peer}", "-j", "DROP")

    def heal(self, node):
        run("ip", "netns", "exec", self.namespace(node), "iptables", "-F")

    def fill(self, node):
        """Leaves no byte of the node's disk."""
        block = b"\0" * 65536
        # Without a buffer, which would want to be written once more at the end.
        with open(f"{self.folder}/{node}/filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(block)
            except OSError:
                pass

    def free(self, node):
        os.unlink(f"{self.folder}/{node}/filler")

    def fail(self, mode, **data):
        """Sets the fail point failCommand on the primary; `mode` is a document or "off"."""
        with self.client(self.primary()) as client:
            client.admin.command("configureFailPoint", "failCommand", mode=mode, **({"data": data} if data else {}))

    def close(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        for node in (1, 2, 3, 9):
            run("ip", "netns", "del", self.namespace(node), check=False)
        run("ip", "netns", "del", self.hub, check=False)
        for node in (1, 2, 3):
            run("umount", f"{self.folder}/{node}", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Service:
    """A running customer360 over the cluster."""

    def __init__(self, cluster, program, database, port, files_max=None, environment=None, uri=None):
        self.cluster, self.program, self.database, self.port = cluster, program, database, port
        self.files_max, self.environment = files_max, environment or {}
        self.uri = uri or cluster.uri
        self.log = f"{cluster.folder}/service-{database}.log"
        self.process = None
        # What starts the program in its place.
        self.prefix = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready=True):
        def limit():
            if self.files_max:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.files_max, self.files_max))

        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [*self.prefix, self.program, "serve", "--mongodb-uri", self.uri, "--database", self.database, "--port", str(self.port),
             "--log-level", "warning"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=limit, env={**os.environ, **self.environment})
        log.close()
        if ready:
            self.cluster.wait("readiness", self.is_ready)

    def get(self, path, timeout=10):
        """Status and body; status 0 when there was no answer."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def is_ready(self):
        return self.get("/readyz", 2)[0] == 200

    def resident_megabytes(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, number=signal.SIGTERM, timeout=30):
        """Ends the process; how long that took."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        start = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout)
        return time.monotonic() - start
