"""Sends with one client and counts what arrived. Usage: clients.py segment|rudder|pubsub URL MESSAGES KEY|EMULATOR"""

import base64
import json
import sys
import time
import urllib.error
import urllib.request

kind, url, messages, secret = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
headers = {"Content-Type": "application/json"}
if kind != "pubsub":
    headers["Authorization"] = "Bearer " + secret


def call(method, address, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"{}")


def accepted():
    request = urllib.request.Request(url + "/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith('customer360_ingest_items_total{kind="events",outcome="accepted"}'):
                return int(float(line.split()[-1]))
    return 0


def wait(what, holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"{kind}: {what} did not happen")
        time.sleep(0.05)


def customer(**known):
    query = "&".join(f"{name}={value}" for name, value in known.items())
    items = call("GET", f"{url}/customers/lookup?{query}")["items"]
    return items[0]["customerId"] if items else None


def with_sdk():
    errors = []
    if kind == "segment":
        from segment.analytics.client import Client

        sdk = Client(secret, host=url, gzip=True, on_error=lambda error, _: errors.append(error), max_queue_size=100_000)
    else:
        from rudderstack.analytics.client import Client

        sdk = Client(secret, host=url, gzip=True, on_error=lambda error, _: errors.append(error), max_queue_size=100_000)
    person, device = f"{kind}-user", f"{kind}-device"
    sdk.identify(person, {"email": f"ada@{kind}.example.com", "firstName": "Ada", "plan": "gold"}, anonymous_id=device)
    sdk.page(person, "Docs", "Python", {"url": "/docs"})
    sdk.screen(person, "Home", "App")
    sdk.group(person, "initech", {"name": "Initech"})
    sdk.alias(f"{kind}-earlier", person)
    for number in range(messages):
        sdk.track(f"{kind}-{number % 50}", "Product Viewed", {"product_id": f"P{number % 7}", "price": 1.5})
    sdk.flush()
    sdk.join()
    if errors:
        sys.exit(f"{kind}: {errors[0]}")
    return messages + 5, person


def with_pubsub():
    emulator = secret
    project = emulator + "/v1/projects/proj-1"

    def answers():
        try:
            call("PUT", f"{project}/topics/topic-1", {})
            return True
        except OSError:
            return False

    wait("the start of the emulator", answers)
    call("PUT", f"{project}/subscriptions/subscription-1", {
        "topic": "projects/proj-1/topics/topic-1", "ackDeadlineSeconds": 10, "pushConfig": {"pushEndpoint": url + "/ingest/pubsub"}})
    batch = []
    for number in range(messages):
        event = {"eventName": "view_item", "userId": f"pubsub-{number % 50}", "productId": "P1"}
        batch.append({"data": base64.b64encode(json.dumps(event).encode()).decode()})
        if len(batch) == 500 or number == messages - 1:
            call("POST", f"{project}/topics/topic-1:publish", {"messages": batch})
            batch = []
    hopeless = base64.b64encode(b"no json").decode()
    call("POST", f"{project}/topics/topic-1:publish", {"messages": [{"data": hopeless}]})
    wait("the dead letter", lambda: len(call("GET", url + "/dead-letters")["items"]) == 1)
    return messages, "pubsub-0"


before = accepted()
start = time.monotonic()
expected, person = with_pubsub() if kind == "pubsub" else with_sdk()
wait("the arrival of every message", lambda: accepted() - before >= expected)
took = time.monotonic() - start
time.sleep(0.5)
arrived = accepted() - before
if arrived != expected:
    sys.exit(f"{kind}: {arrived} of {expected} messages stored")
wait("the customer", lambda: customer(userId=person) is not None)
if kind != "pubsub":
    found = customer(userId=person)
    if customer(email=f"ada@{kind}.example.com") != found:
        sys.exit(f"{kind}: identify did not reach the customer")
    shown = {item["value"] for item in call("GET", f"{url}/customers/{found}")["identifiers"]}
    if not {f"{kind}-device", f"{kind}-earlier"} <= shown:
        sys.exit(f"{kind}: identify and alias did not link {shown}")
print(f"{kind}: {expected} messages sent, {arrived} stored, {expected / took:.0f}/s")
