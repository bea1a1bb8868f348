#!/usr/bin/env python3
"""Ingest beside a bare libmongoc bulk insert of the same documents, on the same MongoDB, in the same run.

    ingest.py PROGRAM [--batches 1,100,1000,10000] [--formats json,csv] [--events 200000] [--threads 8] [--rounds 3]
    ingest.py PROGRAM --soak 5000000 [--live] [--csv FILE]

For each batch size and format: sender.c posts events that were made beforehand, over so many connections, to a service whose
projector is held; then floor.c inserts the stored documents, read into memory beforehand, with as many threads, into a
collection with the same index, with the same write concern. Both collections are new in every round, and which comes first
changes from round to round. Prints the medians of the rates and of the ratios, and microseconds of processor an event: of
the service, of mongod for it, of mongod and of the client for the floor.

`--soak` sends so many events in batches of 1,000, JSON and CSV by turns, as fast as they are taken, and samples the service's resident
memory every second (into a file with `--csv`). Prints it at every fifth of the way, and the slope of the line through the samples behind the
first fifth, in MB a million events. With `--live` everything derived follows, and answers of 429 are waited out.

Needs gcc, libmongoc's headers and pymongo.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time
import uuid

import pymongo

here = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--batches", default="1,100,1000,10000")
parser.add_argument("--formats", default="json,csv")
parser.add_argument("--events", type=int, default=200_000)
parser.add_argument("--threads", type=int, default=8)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--soak", type=int, default=0)
parser.add_argument("--live", action="store_true")
parser.add_argument("--csv")
options = parser.parse_args()
INDEX = [("subject", 1), ("eventTimestamp", -1), ("eventId", -1)]


def built(name, *flags):
    subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", str(here / f"{name}.c"), "-o", f"{work}/{name}", "-lpthread", *flags], check=True)
    return f"{work}/{name}"


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def afresh(name):
    database.drop_collection(name)
    database[name].create_index(INDEX)
    # What dropping leaves to do is no part of what follows.
    client.admin.command("fsync")


def timed(command, pid=None):
    """What the command printed; seconds of processor of mongod, of the process beside it, of the command itself."""
    before = processor_seconds(mongod), processor_seconds(pid) if pid else 0, sum(os.times()[2:4])
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    after = processor_seconds(mongod), processor_seconds(pid) if pid else 0, sum(os.times()[2:4])
    return [float(word) for word in printed], [now - then for now, then in zip(after, before)]


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


def soak(sender, address, pid):
    """Memory while many events are sent, in portions that fit the sender's memory."""
    portion = min(options.soak, 100_000)
    samples, sent, is_over, start = [], 0, threading.Event(), time.monotonic()

    def sample():
        while not is_over.wait(1):
            samples.append((time.monotonic() - start, sent, resident_mb(pid)))

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        while sent < options.soak:
            form = "csv" if sent // portion % 2 else "json"
            count = min(portion, options.soak - sent)
            subprocess.run([sender, address, form, str(count), "1000", str(options.threads), uuid.uuid4().hex[:8]], check=True, capture_output=True)
            sent += count
    finally:
        is_over.set()
        sampler.join()
    took = time.monotonic() - start
    if options.csv:
        with open(options.csv, "w") as file:
            file.write("seconds,events,resident_mb\n")
            file.writelines(f"{seconds:.1f},{events},{mb:.1f}\n" for seconds, events, mb in samples)
    at = [next(mb for _, events, mb in samples if events >= fifth * options.soak / 5 or events == samples[-1][1]) for fifth in range(1, 6)]
    settled = [(events / 1e6, mb) for _, events, mb in samples if events >= options.soak / 5]
    mean = [statistics.fmean(column) for column in zip(*settled)]
    spread = sum((x - mean[0]) ** 2 for x, _ in settled)
    slope = sum((x - mean[0]) * (y - mean[1]) for x, y in settled) / spread if spread else 0
    print(
        f"{sent} events in {took:.0f} s ({sent / took:.0f}/s): resident MB at each fifth {', '.join(f'{mb:.0f}' for mb in at)}, "
        f"most {max(mb for _, _, mb in samples):.0f}; slope {slope:+.2f} MB a million events", flush=True)


with tempfile.TemporaryDirectory(prefix="customer360-ingest-") as work:
    mongoc = subprocess.run(["pkg-config", "--cflags", "--libs", "libmongoc-1.0"], check=True, capture_output=True, text=True)
    floor, sender = built("floor", *mongoc.stdout.split()), built("sender")
    with open(f"{work}/log", "w") as log:
        service = subprocess.Popen(
            [options.program, "serve", "--port", "0", "--data-dir", f"{work}/data", "--log-level", "warning"]
            + ([] if options.live else ["--no-projector"]),
            stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        address = None
        while address is None:
            address = re.search(r"listening on http://(\S+)", service.stdout.readline())
        uri = subprocess.run(
            [options.program, "doctor", "--data-dir", f"{work}/data", "--print-uri"], check=True, capture_output=True, text=True
        ).stdout.strip()
        client = pymongo.MongoClient(uri)
        database = client["customer360"]
        mongod = client.admin.command("serverStatus")["pid"]
        if options.soak:
            soak(sender, address[1], service.pid)
        for form in [] if options.soak else options.formats.split(","):
            for batch in map(int, options.batches.split(",")):
                events = min(options.events, 200_000 if batch > 1 else 20_000)
                rates, floors, ours, theirs, waits = [], [], [], [], []

                def serve():
                    afresh("events")
                    run = uuid.uuid4().hex[:8]
                    numbers, spent = timed(
                        [sender, address[1], form, str(events), str(batch), str(options.threads), run], service.pid)
                    rates.append(numbers[0])
                    waits.append(numbers[2])
                    ours.append([1e6 * seconds / events for seconds in spent])

                def bare():
                    afresh("floor_target")
                    # Loading the documents is not in its rate nor in its own processor time, but in mongod's.
                    numbers, spent = timed([floor, "insert", uri, "customer360", "floor_source", "floor_target", f"{options.threads}:{batch}"])
                    floors.append(numbers[0])
                    theirs.append([1e6 * spent[0] / events, numbers[1]])

                for number in range(options.rounds):
                    if number == 0:
                        serve()
                        database["events"].aggregate([{"$match": {}}, {"$out": "floor_source"}])
                        bare()
                    elif number % 2:
                        bare()
                        serve()
                    else:
                        serve()
                        bare()
                middle = lambda values: statistics.median(values)
                ratio = middle(a / b for a, b in zip(rates, floors))
                cpu = [middle(spent[part] for spent in ours) for part in range(3)]
                cpu_floor = [middle(spent[part] for spent in theirs) for part in range(2)]
                print(
                    f"{form:6} batches of {batch:5}: service {middle(rates):6.0f}/s (p95 of a batch {middle(waits):.1f} ms), "
                    f"bare insert {middle(floors):6.0f}/s, ratio {ratio:.2f}; us an event: service {cpu[1]:.1f}, "
                    f"mongod {cpu[0]:.1f}, sender {cpu[2]:.1f}; floor's mongod {cpu_floor[0]:.1f}, client {cpu_floor[1]:.1f}", flush=True)
    finally:
        service.terminate()
        service.wait()
