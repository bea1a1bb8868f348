#!/usr/bin/env python3
"""From an acknowledged event to the customer document that shows it, at a steady rate of events.

    freshness.py URL [--rate 1000] [--seconds 20] [--batch 50] [--users 20000] [--search] [--key KEY]

Sends batches of events over a few connections so that `--rate` events a second arrive. Events are spread evenly over
`--users` customers, which is the worst case: hardly two events of a pass share a customer. One event in every batch is a
measured one, of a customer who is new with it or gets a further event; a watcher asks for all customers that are waited for
every 10 ms and holds their `activity.events` against what was acknowledged for them. Prints p50, p95 and p99 in milliseconds and the
rate that was reached. `--search` doubles the rate until p95 exceeds a second, then halves the interval, and prints the highest
rate that stays fresh.
"""
import argparse
import hashlib
import http.client
import json
import threading
import time
import urllib.parse
import uuid

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("--rate", type=int, default=1000)
parser.add_argument("--seconds", type=float, default=20)
parser.add_argument("--batch", type=int, default=50)
parser.add_argument("--users", type=int, default=20_000)
parser.add_argument("--senders", type=int, default=4)
parser.add_argument("--search", action="store_true")
parser.add_argument("--key")
options = parser.parse_args()
address = urllib.parse.urlsplit(options.url).netloc
headers = {"Content-Type": "application/json"}
if options.key:
    headers["Authorization"] = "Bearer " + options.key


def call(connection, method, path, body=None):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, json.loads(content or b"{}")


def customer_id(user):
    """The id of a customer who has one identifier: made of that identifier alone."""
    key = ("user:" + user).encode()
    number = int.from_bytes(hashlib.sha256(len(key).to_bytes(8, "little") + key).digest()[:16], "big") << 2
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    return "c_" + "".join(digits[number >> 5 * place & 31] for place in range(25, -1, -1))


class Trial:
    """One steady rate."""

    def __init__(self, rate, seconds):
        self.rate, self.seconds = rate, seconds
        self.run = uuid.uuid4().hex[:8]
        self.lock = threading.Lock()
        self.waiting = {}  # customer: (events that were acknowledged, when)
        self.latencies, self.sent, self.slowed = [], 0, 0
        self.is_over = False

    def send(self, number):
        connection = http.client.HTTPConnection(address, timeout=30)
        share = self.rate / options.batch / options.senders
        start, sent = time.monotonic() + number / self.rate, 0
        known = {}
        while (due := start + sent / share) < start + self.seconds:
            time.sleep(max(0, due - time.monotonic()))
            # Every fourth batch brings someone new, the others one more event of someone before.
            user = f"fresh-{self.run}-{number}-{sent // 4}"
            at = int(time.time() * 1000)
            events = [
                {"eventId": f"{self.run}-{number}-{sent}-{index}", "eventName": "view_item", "productId": f"P{index}", "eventTimestamp": at,
                 "userId": user if index == 0 else f"load-{(sent * 7919 + index * 104_729 + number * 1_299_709) % options.users}",
                 "sessionId": f"s{sent}"}
                for index in range(options.batch)]
            status, answer = call(connection, "POST", "/ingest/events", json.dumps(events))
            sent += 1
            if status == 429:
                self.slowed += 1
                continue
            assert status == 200 and answer["accepted"] == options.batch, (status, answer)
            known[user] = known.get(user, 0) + 1
            with self.lock:
                self.sent += options.batch
                self.waiting.setdefault(customer_id(user), []).append((known[user], time.monotonic()))

    def watch(self):
        connection = http.client.HTTPConnection(address, timeout=30)
        while True:
            with self.lock:
                ids = list(self.waiting)[:100]
                if not ids and self.is_over:
                    return
            if ids:
                status, answer = call(connection, "POST", "/customers:batchGet?fields=activity", json.dumps({"ids": ids}))
                assert status == 200, answer
                now = time.monotonic()
                seen = {item["customerId"]: item.get("activity", {}).get("events", 0) for item in answer["items"]}
                with self.lock:
                    for customer, count in seen.items():
                        left = []
                        for wanted, since in self.waiting.get(customer, []):
                            if count >= wanted:
                                self.latencies.append(1000 * (now - since))
                            else:
                                left.append((wanted, since))
                        if left:
                            self.waiting[customer] = left
                        else:
                            self.waiting.pop(customer, None)
            time.sleep(0.01)

    def __call__(self):
        """The 95th percentile in milliseconds."""
        senders = [threading.Thread(target=self.send, args=(number,)) for number in range(options.senders)]
        watcher = threading.Thread(target=self.watch)
        start = time.monotonic()
        for thread in [*senders, watcher]:
            thread.start()
        for sender in senders:
            sender.join()
        took = time.monotonic() - start
        self.is_over = True
        watcher.join()
        self.latencies.sort()
        at = lambda q: self.latencies[min(len(self.latencies) - 1, int(q * len(self.latencies)))]
        print(
            f"{self.sent / took:6.0f} events/s (wanted {self.rate}); {len(self.latencies)} measured: p50 {at(.5):.0f} ms, p95 {at(.95):.0f} ms, "
            f"p99 {at(.99):.0f} ms, max {self.latencies[-1]:.0f} ms" + (f"; {self.slowed} batches slowed" if self.slowed else ""), flush=True)
        return at(0.95) if self.sent / took >= 0.95 * self.rate else float("inf")


if not options.search:
    Trial(options.rate, options.seconds)()
else:
    low, high = 0, options.rate
    while Trial(high, options.seconds)() < 1000:
        low, high = high, high * 2
    while high - low > max(100, low // 8):
        middle = (low + high) // 2
        low, high = (middle, high) if Trial(middle, options.seconds)() < 1000 else (low, middle)
    print(f"fresh (p95 under 1 s) up to {low} events/s")
