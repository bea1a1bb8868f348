"""Clients that send events and remember, on disk before the next send, what was acknowledged."""

import http.client
import json
import multiprocessing
import os
import pickle
import random
import threading
import time

CLIENTS = 16
ANSWER_SECONDS_MAX = 8.5


class Load:
    """So many clients in a process of their own, each with sequential event ids of its own user."""

    def __init__(self, port, folder, name, seed, clients=CLIENTS, pause=0.005, fresh_connections=False):
        self.port, self.folder, self.name, self.seed = port, folder, name, seed
        self.clients, self.pause, self.fresh = clients, pause, fresh_connections
        self.stopping = multiprocessing.Event()
        self.process = multiprocessing.Process(target=self._main, daemon=True)

    def start(self):
        self.process.start()

    def stop(self):
        """Ends the clients; what they saw."""
        self.stopping.set()
        self.process.join(60)
        return Outcome(self.folder, self.name, self.clients)

    def _main(self):
        threads = [threading.Thread(target=self._client, args=(number,)) for number in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, number):
        rng = random.Random(f"{self.seed}/{number}")
        path = f"{self.folder}/{self.name}-{number}"
        requests, sent = [], 0
        connection = None
        with open(path + ".acks", "w") as acks:
            while not self.stopping.is_set():
                event = f"{self.name}-{number}-{sent}"
                sent += 1
                body = json.dumps([{
                    "eventId": event, "eventName": "view_item", "eventTimestamp": "2026-01-02T03:04:05Z",
                    "userId": f"{self.name}-{number}-{sent // 50}", "sessionId": f"s{sent // 10}", "productId": f"P{rng.randrange(100)}"}])
                while not self.stopping.is_set():
                    start = time.monotonic()
                    status, retry_after, cut, connection = self._post(connection, body)
                    requests.append((start, time.monotonic() - start, status, retry_after, cut))
                    if status == 200:
                        acks.write(event + "\n")
                        acks.flush()
                        os.fsync(acks.fileno())
                        break
                    time.sleep(0.05 + 0.05 * rng.random())
                time.sleep(self.pause)
        with open(path + ".requests", "wb") as file:
            pickle.dump((sent, requests), file)

    def _post(self, connection, body):
        """Status (0: no answer), whether Retry-After stood there, whether a request was cut after it was sent."""
        is_sent = False
        try:
            if connection is None or self.fresh:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
                connection.connect()
            connection.request("POST", "/ingest/events", body, {"Content-Type": "application/json"})
            is_sent = True
            answer = connection.getresponse()
            content = answer.read()
            if self.fresh or answer.will_close:
                connection.close()
                connection = None
            status = answer.status
            if status == 200:
                report = json.loads(content)
                if report["accepted"] + report["duplicates"] != 1:
                    status = 599
            return status, answer.getheader("Retry-After") is not None, False, connection
        except (OSError, http.client.HTTPException):
            if connection is not None:
                connection.close()
            return 0, False, is_sent, None


class Outcome:
    """What the clients saw."""

    def __init__(self, folder, name, clients):
        self.name, self.clients = name, clients
        self.acked, self.sent, self.requests = set(), {}, []
        for number in range(clients):
            with open(f"{folder}/{name}-{number}.acks") as file:
                self.acked.update(file.read().split())
            with open(f"{folder}/{name}-{number}.requests", "rb") as file:
                self.sent[number], requests = pickle.load(file)
            self.requests += requests
        self.requests.sort()

    def successes(self, start=0.0, end=float("inf")):
        """Times of the answers 200 in a span of time."""
        return [at + took for at, took, status, _, _ in self.requests if status == 200 and start <= at + took < end]

    def gap(self, after):
        """Seconds from a moment to the first request that was sent after it and answered 200."""
        ends = [at + took for at, took, status, _, _ in self.requests if status == 200 and at >= after]
        return min(ends) - after if ends else float("inf")

    def statuses(self):
        count = {}
        for _, _, status, _, _ in self.requests:
            count[status] = count.get(status, 0) + 1
        return count

    def faults(self, service_dies=False):
        """What no answer may be."""
        found = []
        slow = [took for _, took, _, _, _ in self.requests if took > ANSWER_SECONDS_MAX]
        if slow:
            found.append(f"{len(slow)} requests took longer than {ANSWER_SECONDS_MAX} s, the longest {max(slow):.1f} s")
        odd = {status for _, _, status, _, _ in self.requests} - {200, 503, 504, 0}
        if odd:
            found.append(f"answers {sorted(odd)}")
        if any(status in (503, 504) and not retry for _, _, status, retry, _ in self.requests):
            found.append("503 without Retry-After")
        if not service_dies and any(status == 0 for _, _, status, _, _ in self.requests):
            found.append(f"{sum(status == 0 for _, _, status, _, _ in self.requests)} requests without an answer")
        return found


class Probes:
    """Asks the probes ten times a second."""

    def __init__(self, service):
        self.service, self.seen = service, []
        self.is_stopping = False
        self.thread = threading.Thread(target=self._main, daemon=True)
        self.thread.start()

    def _main(self):
        while not self.is_stopping:
            at = time.monotonic()
            self.seen.append((at, self.service.get("/healthz", 3)[0], self.service.get("/readyz", 3)[0]))
            time.sleep(0.1)

    def stop(self):
        self.is_stopping = True
        self.thread.join()

    def faults(self):
        bad = [status for _, status, _ in self.seen if status != 200]
        return [f"/healthz said {sorted(set(bad))} {len(bad)} times"] if bad else []

    def seconds_until(self, status, after):
        """Seconds from a moment until /readyz said this."""
        times = [at for at, _, ready in self.seen if at >= after and ready == status]
        return times[0] - after if times else float("inf")
