#!/usr/bin/env python3
"""From an acknowledged event to the customer document that shows it.

Sends events at a steady rate over one connection; for every fifth one a second connection reads the customer until its
`activity.events` counts the event. Prints p50, p95 and p99 over the measured events, in milliseconds.

    freshness.py URL [--rate 200] [--measured 1000] [--key KEY]
"""
import argparse, http.client, json, queue, threading, time, urllib.parse, uuid

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("--rate", type=int, default=200)
parser.add_argument("--measured", type=int, default=1000)
parser.add_argument("--key")
options = parser.parse_args()
address = urllib.parse.urlsplit(options.url).netloc
headers = {"Content-Type": "application/json"}
if options.key:
    headers["Authorization"] = "Bearer " + options.key


def call(connection, method, path, body=None):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def customer_id(connection, user):
    while True:
        status, found = call(connection, "GET", "/customers/lookup?userId=" + user)
        if status == 200 and found["items"]:
            return found["items"][0]["customerId"]
        time.sleep(0.005)


acknowledged = queue.Queue()
latencies = []
run = uuid.uuid4().hex[:8]


def watch():
    connection = http.client.HTTPConnection(address, timeout=30)
    while True:
        entry = acknowledged.get()
        if entry is None:
            return
        user, at = entry
        customer = customer_id(connection, user)
        while True:
            status, document = call(connection, "GET", f"/customers/{customer}?fields=activity")
            if status == 200 and document.get("activity", {}).get("events", 0) >= 1:
                break
            time.sleep(0.003)
        latencies.append((time.monotonic() - at) * 1000)


watchers = [threading.Thread(target=watch) for _ in range(8)]
for watcher in watchers:
    watcher.start()
connection = http.client.HTTPConnection(address, timeout=30)
start, sent = time.monotonic(), 0
while sent < options.measured * 5:
    due = start + sent / options.rate
    time.sleep(max(0, due - time.monotonic()))
    measured = sent % 5 == 0
    # A measured event is the first of its user, so that seeing it needs the whole way: identity, rollup, document.
    user = f"fresh-{run}-{sent}" if measured else f"load-{run}-{sent % 300}"
    event = {"eventId": f"{run}-{sent}", "eventName": "view_item", "userId": user, "productId": "P1",
             "eventTimestamp": int(time.time() * 1000), "sessionId": f"s{sent % 50}"}
    status, answer = call(connection, "POST", "/ingest/events", json.dumps([event]))
    assert status == 200 and answer["accepted"] == 1, (status, answer)
    if measured:
        acknowledged.put((user, time.monotonic()))
    sent += 1
took = time.monotonic() - start
for _ in watchers:
    acknowledged.put(None)
for watcher in watchers:
    watcher.join()
latencies.sort()
at = lambda q: latencies[min(len(latencies) - 1, int(q * len(latencies)))]
print(f"sent {sent} events at {sent / took:.0f}/s; {len(latencies)} measured: "
      f"p50 {at(.5):.0f} ms, p95 {at(.95):.0f} ms, p99 {at(.99):.0f} ms, max {latencies[-1]:.0f} ms")
