"""One node with TLS and users, beside the set: its certificate can run out and be renewed, passwords can be changed."""

import os
import subprocess
import time

import pymongo

from cluster import run

PORT = 27218


class SecuredNode:
    def __init__(self, cluster, valid_seconds):
        self.cluster = cluster
        self.folder = f"{cluster.folder}/secured"
        os.makedirs(f"{self.folder}/data")
        self._authority()
        self.expires_at = time.time() + valid_seconds
        self._certificate(self.expires_at)
        with open(f"{self.folder}/key", "w") as file:
            file.write("c2VjcmV0c2VjcmV0")
        os.chmod(f"{self.folder}/key", 0o600)
        log = open(f"{self.folder}/log", "a")
        self.process = subprocess.Popen(
            [cluster.mongod, "--dbpath", f"{self.folder}/data", "--bind_ip", "127.0.0.1", "--port", str(PORT), "--replSet", "secured",
             "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket", "--tlsMode", "requireTLS",
             "--tlsCertificateKeyFile", f"{self.folder}/node.pem", "--tlsCAFile", f"{self.folder}/ca.pem",
             "--tlsAllowConnectionsWithoutCertificates", "--keyFile", f"{self.folder}/key", "--setParameter", "enableTestCommands=1",
             "--setParameter", "diagnosticDataCollectionEnabled=false"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        cluster.wait("the secured node", self._initiate)
        cluster.wait("its users", self._make_users)

    def uri(self, password):
        return (f"mongodb://service:{password}@127.0.0.1:{PORT}/?replicaSet=secured&authSource=admin"
                f"&tls=true&tlsCAFile={self.folder}/ca.pem")

    def _authority(self):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority",
            "-keyout", f"{self.folder}/ca.key", "-out", f"{self.folder}/ca.pem")
        with open(f"{self.folder}/ca.conf", "w") as file:
            file.write(f"""[ca]
default_ca = main
[main]
new_certs_dir = {self.folder}
database = {self.folder}/index
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
""")
        open(f"{self.folder}/index", "w").close()

    def _certificate(self, expires_at):
        """A certificate that is good to the second given."""
        begin, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at)) for at in (time.time() - 60, expires_at))
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", f"{self.folder}/node.key", "-out", f"{self.folder}/node.csr")
        run("openssl", "ca", "-batch", "-config", f"{self.folder}/ca.conf", "-cert", f"{self.folder}/ca.pem",
            "-keyfile", f"{self.folder}/ca.key", "-startdate", begin, "-enddate", end, "-notext",
            "-in", f"{self.folder}/node.csr", "-out", f"{self.folder}/node.crt")
        with open(f"{self.folder}/node.pem", "w") as pem:
            for part in ("node.crt", "node.key"):
                with open(f"{self.folder}/{part}") as file:
                    pem.write(file.read())

    def client(self, **options):
        # The certificate may have run out: this client looks after the node, it is not what is tested.
        return pymongo.MongoClient(
            f"mongodb://127.0.0.1:{PORT}", directConnection=True, tls=True, tlsAllowInvalidCertificates=True,
            serverSelectionTimeoutMS=2000, **options)

    def admin(self):
        return self.client(username="admin", password="of-the-node")

    def _initiate(self):
        with self.client() as client:
            try:
                client.admin.command(
                    "replSetInitiate", {"_id": "secured", "members": [{"_id": 0, "host": f"127.0.0.1:{PORT}"}]})
            except pymongo.errors.OperationFailure as error:
                return error.code == 23
        return True

    def _make_users(self):
        # Until there is a user, whoever comes from the same machine may make one.
        with self.client() as client:
            client.admin.command("createUser", "admin", pwd="of-the-node", roles=["root"])
        with self.admin() as client:
            client.admin.command("createUser", "service", pwd="canary-secret", roles=["readWriteAnyDatabase", "clusterMonitor"])
        return True

    def close_connections(self):
        """Breaks every connection, so that whoever had one must come in again."""
        run("ss", "-K", "dport", "=", str(PORT))

    def renew_certificate(self):
        self._certificate(time.time() + 86_400)
        with self.admin() as client:
            client.admin.command("rotateCertificates", 1)

    def change_password(self, password):
        with self.admin() as client:
            client.admin.command("updateUser", "service", pwd=password)

    def close(self):
        self.process.kill()
        self.process.wait()
