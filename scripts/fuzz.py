#!/usr/bin/env python3
"""Malformed input over HTTP, so many bodies for each dialect, against a running service without keys.

    fuzz.py URL [--inputs 5000] [--seed 1]

Each body is a good one with a few random edits. No answer may be a 5xx, no connection may break, every refusal is a problem, and what
was taken in is projected without a fault. Prints the answers by dialect and status.
"""
import argparse
import collections
import http.client
import json
import random
import sys
import time
import urllib.parse

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("--inputs", type=int, default=5000)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
address = urllib.parse.urlsplit(options.url).netloc

DIALECTS = {
    "events, JSON": ("/ingest/events", "application/json", b'{"events":[{"eventId":"f1","eventName":"view_item","eventTimestamp":"2024-05-01T10:00:00Z","userId":"f","items":[{"price":1,"x":{"y":[1]}}],"properties":{"$a":1,"b.c":{"d":"\\u00e9"}}}]}'),
    "events, NDJSON": ("/ingest/events", "application/x-ndjson", b'{"eventName":"a","eventTimestamp":1714557600,"anonymousId":"f"}\n{"eventName":"b","eventTimestamp":1714557600.5,"userId":7}'),
    "events, CSV": ("/ingest/events", "text/csv", b'r1,A,"K,\n""x""",15,7,20240229,view,1709210096789,s,1.5,P,Mug,2,3,U1,b\r\n'),
    "customers": ("/ingest/customers", "application/json", b'[{"source":"f","sourceId":"1","email":"a@b.c","phone":"+15550100123","address":{"city":"Y"},"consents":{"m":true},"x":[1,{"y":2}]}]'),
    "products, CSV": ("/ingest/products", "text/csv", b'productId,productName,price,x\np,"Mug, large",1.5,"a"\n'),
    "orders, atomic": ("/ingest/orders?mode=atomic", "application/json", b'[{"orderId":"o","orderDate":"2024-02-29","orderTotal":5,"userId":"f","lineItems":[{"quantity":1,"price":2e0}]}]'),
    "ratings": ("/ingest/ratings", "application/json", b'[{"userId":"u","productId":"p/%","rating":4.5,"at":1709210096.5}]'),
    "interactions": ("/ingest/interactions", "application/json", b'[{"interactionId":"i","channel":"email","direction":"inbound","at":"2024-02-29T12:00:00Z","from":"a@b.c","subject":"S","text":"Where is it?"}]'),
    "e-mail": ("/ingest/emails", "message/rfc822", b'From: =?utf-8?Q?J=C3=B6?= <a@b.c>\r\nTo: s@shop.example\r\nMessage-ID: <1@b.c>\r\nDate: Thu, 29 Feb 2024 12:00:00 +0100\r\nSubject: S\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n> old\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--x--\r\n'),
    "Segment, batch": ("/v1/batch", "text/plain", b'{"batch":[{"type":"track","event":"Order Completed","userId":1,"messageId":"m","timestamp":"2024-02-29T12:00:00Z","properties":{"order_id":"O","products":[{"sku":"P","price":1.5}],"$a.b":[{}]}},{"type":"identify","userId":"U","anonymousId":"a","traits":{"name":"A B","birthday":"1960-02-29","x":1},"context":{"consent":{"categoryPreferences":{"marketing":true}}}}],"sentAt":"2024-02-29T12:00:01Z"}'),
    "Segment, alias": ("/v1/alias", "application/json", b'{"previousId":"a","userId":"U","messageId":"m2"}'),
    "CloudEvents": ("/ingest/cloudevents", "application/cloudevents+json", b'{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2024-02-29T12:00:00Z","data":{"userId":"U","properties":{"$a":1}}}'),
    "CloudEvents, batch": ("/ingest/cloudevents", "application/cloudevents-batch+json", b'[{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"eyJ1c2VySWQiOiJVIiwidGltZXN0YW1wIjoxfQ=="}]'),
    "Pub/Sub": ("/ingest/pubsub", "application/json", b'{"message":{"messageId":"1","publishTime":"2024-02-29T12:00:00Z","data":"eyJ1c2VySWQiOiJVIiwiZXZlbnROYW1lIjoiYSJ9","attributes":{"a.b":"c"}}}'),
}
AWKWARD = [
    b"\0", b"\xef\xbb\xbf", b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b",", b":", b"$", b".", b"\n", b"1e999",
    b"9223372036854775808", b"null", b'"$gt":', b"NaN", b"10000-01-01", b"\xff\xfe", b"=?utf-8?B?", b"--x"]


def mutated(body, chance):
    body = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        if not body:
            break
        place = chance.randrange(len(body))
        kind = chance.randrange(5)
        if kind == 0:
            body[place] = chance.randrange(256)
        elif kind == 1:
            del body[place]
        elif kind == 2:
            body.insert(place, body[place])
        elif kind == 3:
            del body[place:place + chance.randint(1, 12)]
        else:
            body[place:place] = chance.choice(AWKWARD)
    return bytes(body)


connection = http.client.HTTPConnection(address, timeout=30)


def call(method, path, body=None, media_type="application/json"):
    connection.request(method, path, body, {"Content-Type": media_type} if body is not None else {})
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read()


faults = []
for name, (path, media_type, body) in DIALECTS.items():
    chance = random.Random(f"{options.seed}/{name}")
    statuses, taken = collections.Counter(), 0
    if call("POST", path, body, media_type)[0] != 200:
        faults.append(f"{name}: the good body is refused")
    for _ in range(options.inputs):
        bad = mutated(body, chance)
        try:
            status, kind, content = call("POST", path, bad, media_type)
        except (OSError, http.client.HTTPException) as error:
            faults.append(f"{name}: {error!r} for {bad!r}")
            connection.close()
            continue
        statuses[status] += 1
        if status == 200 and b'"accepted"' in content:
            taken += json.loads(content)["accepted"]
        if status >= 500 or (status >= 400 and kind != "application/problem+json"):
            faults.append(f"{name}: {status} {kind} for {bad!r}")
    print(f"{name:18} {options.inputs} inputs: " + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
          + f"; {taken} items taken in", flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    metrics = call("GET", "/metrics")[2].decode()
    if "customer360_projection_caught_up 1\n" in metrics:
        break
    time.sleep(0.2)
for wanted in ("customer360_projection_caught_up 1\n", "customer360_projection_failures_total 0\n", "customer360_projection_dead_letters_total 0\n"):
    if wanted not in metrics:
        faults.append(f"not so: {wanted.strip()}")
for fault in faults[:20]:
    print(fault)
print(f"{len(faults)} faults")
sys.exit(bool(faults))
