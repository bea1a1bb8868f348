#!/usr/bin/env python3
"""A million customers in a real mongod: what looking one up and matching one record take.

  scale.py load BINARY FOLDER [--customers N]      makes the records, loads them and computes the customers
  scale.py measure BINARY FOLDER [--calls N]       runs the service over them and measures

The customers are those of generate.py: households that share telephones, namesakes, slips of typing, one record for most, a second
for some. FOLDER takes about 8 GB for a million.
"""
import argparse
import collections
import datetime
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import types
import urllib.parse

import generate

BATCH = 5000


class Service:
    """The binary over a folder; stopped when the block ends."""

    def __init__(self, binary, folder, *options):
        self.command = [binary, "serve", "--port", "0", "--data-dir", os.path.join(folder, "data"), "--log-level", "error", *options]
        self.log = open(os.path.join(folder, "serve.log"), "a")

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.address = re.search(r"http://(\S+)", line)[1]
        self.connection = http.client.HTTPConnection(self.address, timeout=120)
        while self.call("GET", "/readyz")[0] != 200:
            time.sleep(0.2)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def call(self, method, path, body=None, kind="application/json"):
        self.connection.request(method, path, body, {"Content-Type": kind})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def get(self, path):
        status, body = self.call("GET", path)
        return status, json.loads(body or b"{}")


def maker(persons, seed):
    options = types.SimpleNamespace(
        persons=persons, seed=seed, country="us", style="retail", dates="iso", errors=1, missing=1, households=0.25, shared_email=0.05,
        namesakes=0.06, moved=0.12, nicknames=0.12, tail=1, changes=3)
    return generate.Maker(options)


def customer(record, number):
    """A record of generate.py as the API takes it."""
    address = {"street": record["street"], "city": record["city"], "region": record["state"], "postalCode": record["postcode"], "country": "US"}
    fields = {"source": record["source"], "sourceId": f"C{number:07d}", "firstName": record["given_name"], "lastName": record["surname"],
              "email": record["email"], "phone": record["phone"], "birthDate": record["date_of_birth"], "loyaltyId": record["loyalty_id"],
              "updatedAt": record["updated_at"], "address": {k: v for k, v in address.items() if v}}
    try:
        # A slip of typing makes impossible dates, which a file may hold and the API refuses.
        datetime.date.fromisoformat(fields["birthDate"])
    except ValueError:
        fields["birthDate"] = ""
    return {k: v for k, v in fields.items() if v}


def load(o):
    os.makedirs(o.folder, exist_ok=True)
    start = time.monotonic()
    made = maker(o.customers, 360)
    persons = made.persons()
    known, lines, number, refused = [], [], 0, collections.Counter()
    with Service(o.binary, o.folder, "--no-projector", "--projection-lag-ms-max", "0") as service:

        def send():
            nonlocal lines
            status, body = service.call("POST", "/ingest/customers", "\n".join(lines).encode(), "application/x-ndjson")
            if status != 200:
                sys.exit(f"{status} {body[:300]}")
            refused.update((e["code"], e["field"]) for e in json.loads(body)["errors"])
            lines = []

        for person in persons:
            for _ in range(2 if made.rng.random() < 0.08 else 1):
                record = customer(made.record(person), number)
                if number % 97 == 0:
                    known.append(record)
                lines.append(json.dumps(record, ensure_ascii=False))
                number += 1
                if len(lines) == BATCH:
                    send()
        if lines:
            send()
    print(f"{number} records of {o.customers} people, refused {dict(refused) or 'none'}: made and stored in {time.monotonic() - start:.0f} s", flush=True)
    with open(os.path.join(o.folder, "known.json"), "w") as file:
        json.dump(known, file)
    start = time.monotonic()
    rebuild(o)
    print(f"customers computed in {time.monotonic() - start:.0f} s", flush=True)


def rebuild(o):
    run = subprocess.run([o.binary, "rebuild", "--data-dir", os.path.join(o.folder, "data")], capture_output=True, text=True)
    print(run.stdout.strip()[-300:], run.stderr.strip()[-300:])


def query(text):
    return urllib.parse.quote(text)


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def shown(name, values, bound, q):
    figures = "  ".join(f"p{int(100 * p)} {quantile(values, p):.1f}" for p in (0.5, 0.95, 0.99))
    print(f"  {name:34} {figures} ms   promised p{int(100 * q)} < {bound} ms: {'held' if quantile(values, q) < bound else 'NOT HELD'}", flush=True)


def metrics(service):
    _, body = service.call("GET", "/metrics")
    return {k: float(v) for k, v in re.findall(r"^(customer360_\w+) ([-+.\deE]+)$", body.decode(), re.M)}


def wait_until(service, condition, what, seconds=3600):
    end = time.monotonic() + seconds
    while True:
        now = metrics(service)
        if condition(now):
            return now
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}: {now}")
        time.sleep(0.5)


def lookups(service, known, calls, rng):
    """Times from the first byte sent to the last received, over one connection."""
    for name, field in (("phone", "phone"), ("email", "email"), ("loyaltyId", "loyaltyId")):
        values = [r[field] for r in known if r.get(field)]
        times, found = [], 0
        for _ in range(calls):
            path = f"/customers/lookup?{name}={query(rng.choice(values))}"
            start = time.perf_counter()
            status, answer = service.get(path)
            times.append((time.perf_counter() - start) * 1000)
            found += status == 200 and bool(answer["items"])
        shown(f"lookup by {name} ({found / calls:.0%} found)", times, 10, 0.99)


def matching(service, known, calls, rng):
    """New records one at a time: half are known people under another source with a slip, half are new. Durations are the service's own."""
    spare = maker(2000, 7)
    fresh = spare.persons()
    matched, projected = [], []
    for number in range(calls):
        if number % 2:
            record = dict(rng.choice(known))
            record["lastName"] = spare.slip(record.get("lastName", "Smith"), 9)
        else:
            record = customer(spare.record(fresh[number % len(fresh)]), number)
        record.update(source="scale", sourceId=f"S{os.getpid()}-{number}", updatedAt="2026-01-01T00:00:00Z")
        before = metrics(service)
        status, body = service.call("POST", "/ingest/customers", json.dumps([record]))
        if json.loads(body).get("accepted") != 1:
            continue
        done = lambda now: all(now[f"customer360_{c}_total"] > before[f"customer360_{c}_total"] for c in ("matching_records", "projection_changes"))
        end = time.monotonic() + 30
        while not done(now := metrics(service)):
            if time.monotonic() > end:
                sys.exit("a record was not matched within 30 s")
            time.sleep(0.005)
        matched.append(now["customer360_matching_latest_seconds"] * 1000)
        projected.append(now["customer360_projection_latest_pass_seconds"] * 1000)
    shown("matching one record", matched, 50, 0.95)
    shown("its re-projection", projected, 50, 0.95)
    shown("both", [a + b for a, b in zip(matched, projected)], 50, 0.95)


def measure(o):
    with open(os.path.join(o.folder, "known.json")) as file:
        known = json.load(file)
    rng = random.Random(5)
    with Service(o.binary, o.folder) as service:
        start = time.monotonic()
        wait_until(service, lambda m: m["customer360_projection_active"] and m["customer360_matching_active"], "the lease")
        # The first start gives every record its keys.
        wait_until(service, lambda m: not m["customer360_matching_indexing"], "the keys")
        _, queue = service.get("/identity/duplicates?limit=1")
        print(f"{queue['scan']['unscoredRecords']} records have keys after {time.monotonic() - start:.0f} s", flush=True)
        if queue["scan"]["state"] != "done":
            # A scan trains the model.
            start = time.monotonic()
            service.call("POST", "/identity/duplicates:scan", "{}")
            while True:
                _, queue = service.get("/identity/duplicates?limit=1")
                if queue["scan"]["state"] != "running":
                    break
                time.sleep(2)
            print(f"scan: {queue['scan']} in {time.monotonic() - start:.0f} s", flush=True)
        _, version = service.get("/models/identity/versions/1")
        print("model:", version.get("metrics"), version.get("chosenByValidation"), flush=True)
        lookups(service, known, o.calls, rng)
        matching(service, known, min(o.calls, 400), rng)
        status = open(f"/proc/{service.process.pid}/status").read()
        print("service, memory at most:", re.search(r"VmHWM:\s+(.*)", status)[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["load", "measure"])
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=2000)
    options = parser.parse_args()
    {"load": load, "measure": measure}[options.step](options)
