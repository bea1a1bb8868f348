#!/usr/bin/env python3
"""Malformed input over HTTP, so many requests for each dialect, against a running service without keys; then what was taken in.

    fuzz URL FOLDER [--inputs 5000] [--seed 1] [--only WORD]    sends
    fuzz URL FOLDER --check                                     holds exports (events.ndjson, records.ndjson, …) against the rules

Each request is a good one with a few random edits; one seed makes the same requests. No answer may be a 5xx, no connection may break, every
refusal is a problem, every report adds up, what was taken in is projected without a fault and can be read back, and as many events are
stored as were acknowledged.
"""
import argparse
import collections
import concurrent.futures
import http.client
import json
import multiprocessing
import os
import random
import sys
import time
import urllib.parse

from examples import EXAMPLES
from mutation import request_of
from validity import RULES, faults as faults_of

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("folder")
parser.add_argument("--inputs", type=int, default=5000)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", default="")
parser.add_argument("--check", action="store_true")


class Client:
    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.address, timeout=30)

    def call(self, method, path, body=None, fields=(), is_chunked=False):
        """Answers status, type and content. A connection that the service has closed meanwhile is opened anew, once."""
        for is_last in (False, True):
            try:
                self.connection.putrequest(method, path, skip_accept_encoding=True)
                for name, value in fields:
                    self.connection.putheader(name, value)
                if body is not None:
                    self.connection.putheader(*(("Transfer-Encoding", "chunked") if is_chunked else ("Content-Length", str(len(body)))))
                chunks = iter([body[:7], body[7:]]) if is_chunked else body
                self.connection.endheaders(chunks, encode_chunked=is_chunked)
                answer = self.connection.getresponse()
                if answer.status == 429:
                    # What is malformed must be judged, not put off.
                    answer.read()
                    time.sleep(float(answer.getheader("Retry-After", "1")))
                    return self.call(method, path, body, fields, is_chunked)
                return answer.status, answer.getheader("Content-Type"), answer.read()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if is_last:
                    raise


def judge(status, kind, content):
    """What is wrong with an answer, or None; and the items that it took in."""
    if status >= 500 or status < 200 or 300 <= status < 400:
        return f"{status} {content[:200]!r}", 0
    try:
        answer = json.loads(content)
    except ValueError:
        return f"{status} is no JSON: {content[:100]!r}", 0
    if status >= 400:
        if kind != "application/problem+json" or answer.get("status") != status or not answer.get("code"):
            return f"{status} {kind} is no problem: {content[:200]!r}", 0
        return None, 0
    counts = [answer.get(name) for name in ("received", "accepted", "duplicates", "rejected")]
    if not all(isinstance(count, int) and count >= 0 for count in counts) or counts[0] != sum(counts[1:]):
        return f"the report does not add up: {content[:200]!r}", 0
    if any(not 0 <= error["index"] < counts[0] for error in answer["errors"]) or bool(answer["errors"]) != bool(counts[3]):
        return f"the report's errors do not fit: {content[:200]!r}", 0
    return None, counts[1]


def attack(place, options):
    example = EXAMPLES[place]
    chance = random.Random(f"{options.seed}/{example.name}")
    client = Client(options.url)
    statuses, found = collections.Counter(), []
    # Every input of every dialect and run has ids of its own, where nothing changes them.
    name = (os.getpid() * 100 + place) * 10_000_000
    good = request_of(example, name, random.Random(0))
    good.body, good.path = example.body.replace(b"@N@", str(name).encode()), example.path
    good.fields = [("Content-Type", example.media_type)] + [(field, value.replace("@N@", str(name))) for field, value in example.fields]
    good.is_chunked = False
    status, kind, content = client.call("POST", good.path, good.body, good.fields)
    fault, taken = judge(status, kind, content)
    if fault or status != 200 or b'"rejected":0' not in content:
        found.append(f"the good request is refused: {status} {content[:300]!r}")
    for number in range(options.inputs):
        request = request_of(example, name + number + 1, chance)
        try:
            status, kind, content = client.call("POST", request.path, request.body, request.fields, request.is_chunked)
        except (OSError, http.client.HTTPException) as error:
            found.append(f"input {number}: {error!r} for {request!r:.2000}")
            continue
        statuses[status] += 1
        fault, accepted = judge(status, kind, content)
        taken += accepted
        if fault:
            found.append(f"input {number}: {fault} for {request!r:.2000}")
    return example, dict(statuses), taken, found


def send(options):
    chosen = [place for place, example in enumerate(EXAMPLES) if options.only.lower() in example.name.lower()]
    faults, total, events = [], 0, 0
    with concurrent.futures.ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as pool:
        for example, statuses, taken, found in pool.map(attack, chosen, [options] * len(chosen)):
            answers = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
            print(f"{example.name:26} {options.inputs} inputs: {answers}; {taken} items taken in", flush=True)
            faults += [f"{example.name}: {fault}" for fault in found]
            total += taken
            events += taken if example.brings_events else 0
    print(f"{len(chosen)} dialects, {len(chosen) * options.inputs} inputs, {total} items taken in")
    client = Client(options.url)
    end, metrics = time.monotonic() + 300, ""
    while "customer360_projection_caught_up 1\n" not in metrics and time.monotonic() < end:
        time.sleep(0.2)
        metrics = client.call("GET", "/metrics")[2].decode()
    wanted = ("customer360_projection_caught_up 1", "customer360_projection_failures_total 0", "customer360_projection_dead_letters_total 0")
    faults += [f"not so: {line}" for line in wanted if line + "\n" not in metrics]
    found, replayed = replay(client)
    with open(f"{options.folder}/acknowledged", "w") as file:
        file.write(str(events + replayed))
    return faults + found


def replay(client):
    """Dead letters: each is shown, and replayed as it is. Answers faults, and how many events that brought."""
    found, cursor, count, taken = [], "", 0, 0
    while cursor is not None and count < 2000:
        status, _, content = client.call("GET", "/dead-letters?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        if status != 200:
            return found + [f"GET /dead-letters: {status} {content[:200]!r}"], taken
        page = json.loads(content)
        for letter in page["items"]:
            count += 1
            status, _, content = client.call("POST", f"/dead-letters/{urllib.parse.quote(letter['id'], safe='')}/replay")
            if status >= 500:
                found.append(f"replay of {letter!r:.500}: {status} {content[:200]!r}")
            taken += json.loads(content).get("accepted", 0) if status == 200 else 0
        cursor = page["nextCursor"] and urllib.parse.quote(page["nextCursor"], safe="")
    print(f"{count} dead letters were shown and replayed")
    return found, taken


def read_back(url, folder):
    """Everything that was exported is held against the rules; of each kind some are read by their ids."""
    quote = lambda text: urllib.parse.quote(text, safe="")
    paths = {
        "records": lambda item: f"/records/{quote(item['source'])}/{quote(item['sourceId'])}", "orders": lambda item: f"/orders/{quote(item['orderId'])}",
        "products": lambda item: f"/products/{quote(item['productId'])}", "ratings": lambda item: f"/ratings/{quote(item['userId'])}/{quote(item['productId'])}"}
    parts = ("", "/timeline", "/orders", "/events", "/interactions", "/identities", "/segments", "/scores", "/recommendations")
    client, found = Client(url), []
    for kind in RULES:
        seen, ids = 0, set()
        with open(f"{folder}/{kind}.ndjson", "rb") as file:
            for line in file:
                seen += 1
                found += [f"{kind} {line[:300]!r}: {fault}" for fault in faults_of(kind, line)]
                if kind in paths and seen <= 3000:
                    path = paths[kind](json.loads(line))
                    status, _, content = client.call("GET", path)
                    # A path has its limit; no identifier may lead outside it.
                    if status != 200 and not (status in (400, 404) and any(odd in path for odd in ("%00", "%2F", "/.", "%2E"))):
                        found.append(f"GET {path}: {status} {content[:200]!r}")
        if kind == "events":
            with open(f"{folder}/acknowledged") as file:
                acknowledged = int(file.read())
            print(f"{acknowledged} events were acknowledged, {seen} are stored")
            found += [f"{acknowledged} events acknowledged, {seen} stored"] if seen != acknowledged else []
        print(f"{kind}: {seen} items are valid" if not found else f"{kind}: {seen} items, {len(found)} faults so far", flush=True)
    with open(f"{folder}/customers.ndjson", "rb") as file:
        customers = [json.loads(line)["customerId"] for line in file]
    for customer in customers[:500]:
        for part in parts:
            status, _, content = client.call("GET", f"/customers/{quote(customer)}{part}")
            if status >= 500:
                found.append(f"GET /customers/{customer}{part}: {status} {content[:200]!r}")
    print(f"{len(customers)} customers")
    return found


def main():
    options = parser.parse_args()
    found = read_back(options.url, options.folder) if options.check else send(options)
    for fault in found[:30]:
        print(fault)
    print(f"{len(found)} faults")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
