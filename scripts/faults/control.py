"""The negative control: writers that take a primary's word for it (w:1) must lose under F4, or the count proves nothing."""

import threading
import time

import pymongo
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern


class Control:
    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.acked, self.lock, self.is_stopping = set(), threading.Lock(), False
        self.threads = [threading.Thread(target=self._main, args=(number,), daemon=True) for number in range(4)]

    def begin(self):
        for thread in self.threads:
            thread.start()
        time.sleep(2)

    def _main(self, number):
        with self.cluster.client(serverSelectionTimeoutMS=1000, socketTimeoutMS=2000) as client:
            events = client[self.name].get_collection("events", write_concern=WriteConcern(w=1))
            sent = 0
            while not self.is_stopping:
                event = f"{number}-{sent}"
                sent += 1
                try:
                    events.insert_one({"_id": event})
                    with self.lock:
                        self.acked.add(event)
                except pymongo.errors.PyMongoError:
                    pass
                time.sleep(0.002)

    def end(self):
        """How many were acknowledged, and how many of these are lost."""
        self.is_stopping = True
        for thread in self.threads:
            thread.join()
        self.cluster.wait_healthy()
        with self.cluster.client() as client:
            events = client[self.name].get_collection("events", read_concern=ReadConcern("majority"))
            stored = {event["_id"] for event in events.find({}, {"_id": 1})}
            client.drop_database(self.name)
        return len(self.acked), len(self.acked - stored)
