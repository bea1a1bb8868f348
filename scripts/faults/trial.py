"""One run: load on a fresh database while something goes wrong, then the count of everything."""

import os
import time

import pymongo
from pymongo.read_concern import ReadConcern

from load import Load, Probes

GROWTH_MEGABYTES_MAX = 100


class Trial:
    def __init__(self, cluster, program, name, seed, seconds, **service):
        from cluster import Service

        self.cluster, self.name, self.seed, self.seconds = cluster, f"{name}_{seed}".lower(), seed, seconds
        cluster.wait_healthy()
        self.service = Service(cluster, program, self.name, 20000 + os.getpid() % 20000, **service)
        self.service.start()
        self.faults, self.notes = [], []
        self.service_dies = False
        self.pause = 0.005

    def begin(self, **load):
        self.load = Load(self.service.port, self.cluster.folder, self.name, self.seed, **{"pause": self.pause, **load})
        self.load.start()
        self.probes = Probes(self.service)
        time.sleep(2)
        self.resident, self.files = self.service.resident_megabytes(), self.service.files()
        self.begun = time.monotonic()

    def expect(self, holds, text):
        if not holds:
            self.faults.append(text)

    def end(self):
        """Lets the load go on to its time, heals, waits, and holds the acknowledged against the stored and the customers."""
        time.sleep(max(0, self.begun + self.seconds - time.monotonic()))
        self.outcome = self.load.stop()
        self.probes.stop()
        self.cluster.wait_healthy()
        self.faults += self.outcome.faults(self.service_dies)
        if not self.service_dies:
            self.faults += self.probes.faults()
            if self.service.process.poll() is not None:
                self.faults.append("the service has ended")
            else:
                grown = self.service.resident_megabytes() - self.resident
                self.expect(grown < GROWTH_MEGABYTES_MAX, f"memory grew by {grown:.0f} MB")
                self.notes.append(f"rss {grown:+.0f} MB")
        self.cluster.wait("readiness", self.service.is_ready)
        self.count()
        return self.faults

    def count(self):
        with self.cluster.client() as client:
            database = client[self.name]
            # A primary of another term is there: what it has and a majority confirms stays.
            events = database.get_collection("events", read_concern=ReadConcern("majority"))
            stored = {event["_id"]: event["userId"] for event in events.find({}, {"userId": 1})}
            lost = self.outcome.acked - stored.keys()
            per_user = {}
            for user in stored.values():
                per_user[user] = per_user.get(user, 0) + 1
            sent = {f"{self.name}-{number}-{index}" for number, count in self.outcome.sent.items() for index in range(count)}
            unknown = stored.keys() - sent
            end = time.monotonic() + 60
            while True:
                totals = self.totals(database)
                if totals == per_user or time.monotonic() > end:
                    break
                time.sleep(0.2)
            letters = database.dead_letters.count_documents({})
            client.drop_database(self.name)
        self.expect(not lost, f"LOST {len(lost)} acknowledged events, such as {sorted(lost)[:3]}")
        self.expect(not unknown, f"{len(unknown)} stored that nobody sent: {sorted(unknown)[:3]}")
        wrong = {user for user in per_user.keys() | totals.keys() if per_user.get(user) != totals.get(user)}
        self.expect(not wrong, f"customers of {len(wrong)} users have other totals: {sorted(wrong)[:3]}")
        self.expect(not letters, f"{letters} dead letters")
        double = sum(max(0, totals.get(user, 0) - per_user.get(user, 0)) for user in totals)
        unacked = len(stored) - len(self.outcome.acked & stored.keys())
        self.notes.append(
            f"acked {len(self.outcome.acked)}, stored {len(stored)} ({unacked} not acknowledged), customers {sum(totals.values())},"
            f" lost {len(lost)}, double {double}, answers {self.outcome.statuses()}")

    @staticmethod
    def totals(database):
        """Events of each user as the customer documents count them."""
        found = {}
        for customer in database.customers.find({}, {"identifiers": 1, "activity.events": 1}):
            for identifier in customer.get("identifiers", []):
                if identifier.get("type") == "user":
                    found[identifier["value"]] = customer.get("activity", {}).get("events", 0)
        return found

    def abandon(self):
        """Ends what is left of a run that failed itself."""
        if hasattr(self, "load"):
            self.load.stopping.set()
            self.load.process.join(30)
            self.load.process.kill()
            self.probes.is_stopping = True

    def close(self):
        self.service.stop()
        try:
            with self.cluster.client(serverSelectionTimeoutMS=3000) as client:
                client.drop_database(self.name)
        except pymongo.errors.PyMongoError:
            pass
