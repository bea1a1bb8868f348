"""The faults, F1 to F17, each a function of a trial. Figures in the criteria are seconds unless said."""

import concurrent.futures
import http.client
import json
import os
import random
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import threading
import time

from load import CLIENTS, Load

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def during(trial):
    return trial.seconds - (time.monotonic() - trial.begun)


def rounds(trial, count, pause):
    """So many rounds; in a trial of less than a minute as many as fit, and one at least."""
    for number in range(count):
        if number and trial.seconds < 60 and during(trial) < pause:
            return
        yield number


def F1(trial):
    """kill -9 of the primary, restarted after 15 s"""
    gaps = []
    trial.begin()
    for _ in rounds(trial, 5, 17):
        primary = trial.cluster.primary()
        trial.cluster.kill(primary)
        killed = time.monotonic()
        time.sleep(min(15, trial.seconds / 2))
        trial.cluster.start(primary)
        trial.cluster.wait_healthy()
        gaps.append(killed)
    trial.end()
    judge_gaps(trial, gaps, trial.election + 2)


def judge_gaps(trial, moments, longest):
    """Each gap against its limit, which is one election longer for each that MongoDB itself lost to a split vote."""
    gaps = [trial.outcome.gap(moment) for moment in moments]
    trial.notes.append("gap " + ", ".join(f"{gap:.1f}" for gap in gaps) + " s")
    for moment, gap in zip(moments, gaps):
        votes = trial.cluster.split_votes(moment, moment + gap)
        if votes:
            trial.notes.append(f"the gap of {gap:.1f} s has {votes} election(s) without a winner: a split vote")
        # Half as long again: MongoDB draws up to 15 % onto each timeout, and the nodes count from their last heartbeat.
        limit = longest + votes * 1.5 * trial.election
        trial.expect(gap <= limit, f"a gap of {gap:.1f} s, more than {limit:.1f} s")


def F2(trial):
    """rs.stepDown(10)"""
    moments = []
    trial.begin()
    for _ in rounds(trial, 5, 12):
        with trial.cluster.client(trial.cluster.primary()) as client:
            client.admin.command("replSetStepDown", 10, secondaryCatchUpPeriodSecs=5)
        moments.append(time.monotonic())
        time.sleep(11)
        trial.cluster.wait_healthy()
    trial.end()
    judge_gaps(trial, moments, 3)
    trial.expect(not trial.outcome.statuses().keys() - {200}, "a step-down was seen by a client")


def F3(trial):
    """the primary cut off from all for 20 s"""
    cut_off(trial, peers_only=False)
    judge_gaps(trial, [trial.cut_at], 13)


def F4(trial):
    """the primary cut off from its peers only, within the service's reach, for 20 s"""
    cut_off(trial, peers_only=True)


def cut_off(trial, peers_only, control=None):
    seconds = min(20, max(trial.election + 6, trial.seconds / 2))
    if control:
        control.begin()
    else:
        trial.begin()
    primary = trial.cluster.primary()
    trial.cluster.cut(primary, peers_only)
    # Only now no packet passes any more.
    trial.cut_at = time.monotonic()
    time.sleep(seconds)
    trial.cluster.heal(primary)
    trial.cluster.wait_healthy()
    time.sleep(3)
    if not control:
        trial.end()


def F5(trial):
    """SIGSTOP of the primary for 20 s, then SIGCONT"""
    trial.begin()
    primary = trial.cluster.primary()
    stopped = time.monotonic()
    trial.cluster.signal(primary, signal.SIGSTOP)
    time.sleep(20)
    trial.cluster.signal(primary, signal.SIGCONT)
    trial.cluster.wait_healthy()
    time.sleep(3)
    trial.end()
    # The new primary's peer goes on asking the frozen node for its log for a while: until then nothing is confirmed.
    judge_gaps(trial, [stopped], 17)


def F6(trial):
    """kill -9 of both secondaries for 20 s: no majority"""
    trial.begin()
    secondaries = trial.cluster.secondaries()
    for node in secondaries:
        trial.cluster.kill(node)
    killed = time.monotonic()
    time.sleep(trial.election + 18)
    back = time.monotonic()
    for node in secondaries:
        trial.cluster.start(node)
    trial.cluster.wait_healthy()
    time.sleep(3)
    trial.end()
    acks = trial.outcome.successes(killed + 0.5, back)
    trial.expect(not acks, f"{len(acks)} acknowledgements without a majority")
    # The primary steps down after an election timeout; the service waits a while for another one, then knows.
    known = [took for at, took, status, _, _ in trial.outcome.requests if killed + trial.election + 13 < at < back - 0.5]
    trial.expect(bool(known), "no request once it was known")
    if known:
        middle = statistics.median(known)
        trial.notes.append(f"503 within {1000 * middle:.0f} ms (median)")
        trial.expect(middle <= 0.1, f"503 took {middle:.2f} s once it was known")
    recovery = trial.outcome.gap(back)
    trial.notes.append(f"recovery {recovery:.1f} s")
    trial.expect(recovery <= trial.election + 2 + 8, f"recovery took {recovery:.1f} s")


def F7(trial):
    """SIGKILL of the service at random moments"""
    trial.service_dies = True
    rng = random.Random(trial.seed)
    trial.begin()
    slowest = 0
    for _ in rounds(trial, 20, 1.5):
        time.sleep(rng.uniform(0.3, 1.5))
        trial.service.stop(signal.SIGKILL)
        start = time.monotonic()
        trial.service.start()
        slowest = max(slowest, time.monotonic() - start)
    trial.end()
    trial.notes.append(f"ready after {slowest:.1f} s at the slowest")
    trial.expect(slowest <= 2, f"ready after {slowest:.1f} s")


def F8(trial):
    """SIGTERM of the service"""
    trial.service_dies = True
    trial.begin(fresh_connections=True)
    slowest = 0
    for _ in rounds(trial, 10, 3):
        time.sleep(2)
        slowest = max(slowest, trial.service.stop())
        trial.service.start()
    trial.end()
    trial.notes.append(f"end after {slowest:.1f} s at the slowest")
    trial.expect(slowest <= 15, f"end after {slowest:.1f} s")
    cut = sum(cut for _, _, _, _, cut in trial.outcome.requests)
    trial.expect(cut == 0, f"{cut} requests cut after they were sent")


def F9(trial):
    """the primary's disk full, freed after 15 s"""
    trial.begin()
    primary = trial.cluster.primary()
    filled = time.monotonic()
    trial.cluster.fill(primary)
    trial.cluster.wait("the end of the primary", lambda: trial.cluster.processes[primary].poll() is not None, 60)
    ended = time.monotonic()
    time.sleep(10)
    trial.cluster.free(primary)
    trial.cluster.start(primary)
    trial.cluster.wait_healthy()
    trial.end()
    trial.notes.append(f"it ended {ended - filled:.1f} s after its disk was full")
    judge_gaps(trial, [ended], trial.election + 2)


def F10(trial):
    """MongoDB refuses: wrong password, unknown host; an expired certificate and a changed password, at start and at run time"""
    from cluster import Service

    trial.begin()
    refused_at_run_time(trial)
    for name, uri in [
            ("password", trial.cluster.uri.replace("//", "//user:canary-secret@")),
            ("host", "mongodb://nowhere.invalid:27017/?replicaSet=faults")]:
        other = Service(trial.cluster, trial.service.program, f"{trial.name}_{name}", trial.service.port + 1, uri=uri)
        other.start(ready=False)
        trial.cluster.wait("its start", lambda: other.get("/livez", 1)[0] == 200)
        before = other.processor_seconds()
        time.sleep(10)
        share = (other.processor_seconds() - before) / 10
        trial.notes.append(f"{name}: {100 * share:.1f} % of a processor")
        trial.expect(share < 0.05, f"{name}: busy, {100 * share:.0f} % of a processor")
        trial.expect(other.get("/readyz")[0] == 503, f"{name}: ready")
        status, body = other.get("/segments")
        trial.expect(status == 503, f"{name}: {status} {body[:200]}")
        other.stop()
        with open(other.log, encoding="utf-8", errors="replace") as file:
            trial.expect("canary-secret" not in file.read(), f"{name}: the log has the password")
    trial.end()


def refused_at_run_time(trial):
    """One node of its own, with TLS and users: its certificate runs out, then the service's password is changed."""
    from cluster import Service
    from secured import SecuredNode

    node = SecuredNode(trial.cluster, valid_seconds=25)
    service = Service(
        trial.cluster, trial.service.program, f"{trial.name}_secured", trial.service.port + 2, uri=node.uri("canary-secret"))
    try:
        service.start()

        def is_refused(what):
            start = time.monotonic()
            trial.cluster.wait(f"{what}: unreadiness", lambda: service.get("/readyz", 2)[0] == 503, 20)
            trial.notes.append(f"{what}: not ready after {time.monotonic() - start:.1f} s")
            trial.expect(service.get("/livez")[0] == 200, f"{what}: not alive")
            before = service.processor_seconds()
            time.sleep(10)
            share = (service.processor_seconds() - before) / 10
            trial.notes.append(f"{what}: {100 * share:.1f} % of a processor")
            trial.expect(share < 0.05, f"{what}: busy, {100 * share:.0f} % of a processor")
            # What is asked of the database, and not answered from memory.
            status, body = service.get("/products/none", 9)
            trial.expect(status == 503, f"{what}: {status} {body[:200]}")

        def is_taken_again(what):
            start = time.monotonic()
            trial.cluster.wait(f"{what}: readiness", service.is_ready, 20)
            trial.notes.append(f"{what}: ready {time.monotonic() - start:.1f} s after it was put right")
            trial.expect(service.get("/products/none")[0] == 404, f"{what}: no answer after it was put right")

        time.sleep(max(0, node.expires_at - time.time() + 1))
        node.close_connections()
        is_refused("certificate expired at run time")
        service.stop()
        service.start(ready=False)
        trial.cluster.wait("its start", lambda: service.get("/livez", 1)[0] == 200)
        is_refused("certificate expired at start")
        node.renew_certificate()
        is_taken_again("certificate renewed")
        node.change_password("another-canary")
        node.close_connections()
        is_refused("password changed at run time")
        node.change_password("canary-secret")
        is_taken_again("password right again")
    finally:
        service.stop()
        node.close()
    with open(service.log, encoding="utf-8", errors="replace") as file:
        trial.expect("canary" not in file.read(), "the log has the password")


def F11(trial):
    """mongod slow, silent or refusing, by fail points"""
    trial.begin()
    usual = other_route(trial, 3)
    for data in [
            {"blockConnection": True, "blockTimeMS": 3000}, {"closeConnection": True}, {"errorCode": 91}, {"errorCode": 189},
            {"errorCode": 10107}, {"errorCode": 11602}, {"writeConcernError": {"code": 64, "errmsg": "made by the run"}}]:
        slow = "blockTimeMS" in data
        trial.cluster.fail("alwaysOn" if slow else {"times": 20}, failCommands=["insert"], **data)
        beside = other_route(trial, 4)
        trial.cluster.fail("off")
        if slow:
            trial.notes.append(f"another route's p99 {1000 * usual:.0f} ms, beside slow inserts {1000 * beside:.0f} ms")
            trial.expect(beside < max(2 * usual, 0.05), f"another route became slow: {beside:.3f} s, usually {usual:.3f} s")
    time.sleep(1)
    trial.end()


def other_route(trial, seconds):
    """99th percentile of reads while events are written."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        trial.expect(trial.service.get("/products/none")[0] == 404, "another route failed")
        times.append(time.monotonic() - start)
        time.sleep(0.01)
    return sorted(times)[int(len(times) * 0.99)]


def F12(trial):
    """500 slow clients of three kinds, and the primary killed meanwhile"""
    program = shutil.which("slowhttptest")
    if not program:
        return trial.notes.append("left out: slowhttptest is not installed")
    trial.begin()
    # The rate falls as the data grow: what the clients get beside the attack is held against before and after it.
    window = max(6, (trial.seconds - trial.election - 10) / 4)
    calm = time.monotonic()
    time.sleep(window)
    attacked = time.monotonic()
    target = trial.service.url + "/ingest/events"
    # -H: heads byte by byte; -B: bodies byte by byte; -X: answers read slowly.
    # They share the machine with what they attack, so they get what that leaves.
    attackers = [
        subprocess.Popen(
            ["nice", "-n", "19", program, kind, "-c", "170", "-r", "100", "-i", "5", "-l", "300", "-u", url, *more], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for kind, url, more in [
            ("-H", target, ["-t", "POST"]), ("-B", target, ["-t", "POST", "-s", "8192"]), ("-X", trial.service.url + "/docs", [])]]
    # They need four seconds until all are there.
    time.sleep(window + 4)
    primary = trial.cluster.primary()
    trial.cluster.kill(primary)
    killed = time.monotonic()
    time.sleep(trial.election + 6)
    trial.cluster.start(primary)
    for attacker in attackers:
        attacker.terminate()
        attacker.wait()
    trial.cluster.wait_healthy()
    # What the restarted node missed is copied to it first.
    time.sleep(5)
    over = time.monotonic()
    time.sleep(window)
    ended = time.monotonic()
    trial.end()
    before = len(trial.outcome.successes(calm, attacked)) / (attacked - calm)
    after = len(trial.outcome.successes(over, ended)) / (ended - over)
    usual = (before + after) / 2
    healthy = len(trial.outcome.successes(attacked + 4, killed)) / (killed - attacked - 4)
    trial.notes.append(f"{healthy:.0f} events/s beside slow clients, {before:.0f} before, {after:.0f} after")
    trial.expect(healthy >= 0.8 * usual, f"healthy clients got {healthy / usual:.2f} of their usual rate")
    judge_gaps(trial, [killed], trial.election + 2)


def F13(trial):
    """5000 connects in 10 s, half of them reset, with 256 descriptors"""
    trial.begin()
    held = []
    start = time.monotonic()
    for number in range(5000):
        client = socket.socket()
        client.settimeout(0.2)
        try:
            client.connect(("127.0.0.1", trial.service.port))
        except OSError:
            client.close()
            continue
        if number % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        else:
            held.append(client)
            if len(held) > 400:
                held.pop(0).close()
        time.sleep(max(0, start + number * 0.002 - time.monotonic()))
    for client in held:
        client.close()
    over = time.monotonic()
    trial.cluster.wait("an answer", lambda: trial.service.get("/livez", 1)[0] == 200, 10)
    recovery = time.monotonic() - over
    time.sleep(3)
    files = trial.service.files()
    # Clients that found no descriptor free were turned away: that is no loss.
    trial.turned_away = True
    trial.service_dies = True
    trial.end()
    trial.notes.append(f"recovery {recovery:.2f} s, descriptors {trial.files} before, {files} after")
    trial.expect(recovery <= 1, f"recovery took {recovery:.1f} s")
    trial.expect(files <= trial.files + 20, f"descriptors: {trial.files} before, {files} after")
    trial.expect(trial.service.process.poll() is None, "the service has ended")


F13.service = {"files_max": 256}


def F14(trial):
    """the service's clock an hour ahead, an hour behind, and right again"""
    if not os.path.exists(FAKETIME):
        return trial.notes.append("left out: libfaketime is not installed")
    trial.service.stop()
    clock = f"{trial.cluster.folder}/clock"

    def step(offset):
        with open(clock + ".new", "w") as file:
            file.write(offset)
        os.replace(clock + ".new", clock)

    step("+0")
    trial.service.environment = {
        "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_CACHE_DURATION": "1", "DONT_FAKE_MONOTONIC": "1"}
    # libfaketime changes the environment when it first loads, and Swift finds a program's arguments beside the environment.
    trial.service.prefix = ["env"]
    trial.service.start()
    trial.begin()
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"clock-{trial.seed}"}
    body = json.dumps([{"eventId": f"clock-{trial.seed}", "eventName": "a", "eventTimestamp": 1_700_000_000, "userId": "clock"}])
    answers = []
    for offset in ("+0", "+3600", "-3600", "+0"):
        step(offset)
        time.sleep(5)
        connection = http.client.HTTPConnection("127.0.0.1", trial.service.port, timeout=10)
        connection.request("POST", "/ingest/events", body, headers)
        answers.append(connection.getresponse().read())
        connection.close()
    with trial.cluster.client() as client:
        client[trial.name].events.delete_one({"_id": f"clock-{trial.seed}"})
        client[trial.name].customers.delete_many({"identifiers.value": "clock"})
    trial.end()
    trial.expect(len(set(answers)) == 1, "an Idempotency-Key gave another answer after the clock was set")
    trial.expect(not trial.outcome.statuses().keys() - {200}, "a client saw the clock being set")


def F15(trial):
    """one bad event among 500, and the batch again"""
    trial.begin()
    events = [
        {"eventId": f"{trial.name}-poison-{number}", "eventName": "a", "eventTimestamp": "2026-01-02T03:04:05Z", "userId": "poison"}
        for number in range(500)]
    events[250]["eventTimestamp"] = "yesterday"
    reports = []
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", trial.service.port, timeout=10)
        connection.request("POST", "/ingest/events", json.dumps(events), {"Content-Type": "application/json"})
        reports.append(json.loads(connection.getresponse().read()))
        connection.close()
    first, second = reports
    trial.expect((first["accepted"], first["rejected"]) == (499, 1), f"the first answer was {first}")
    trial.expect([error["index"] for error in first["errors"]] == [250], f"the errors were {first['errors']}")
    trial.expect((second["accepted"], second["duplicates"], second["rejected"]) == (0, 499, 1), f"the second answer was {second}")
    with trial.cluster.client() as client:
        mine = client[trial.name].events
        trial.expect(mine.count_documents({"userId": "poison"}) == 499, "not 499 stored")
        trial.cluster.wait("the customer's total", lambda: trial.totals(client[trial.name]).get("poison") == 499)
        mine.delete_many({"userId": "poison"})
        client[trial.name].customers.delete_many({"identifiers.value": "poison"})
    trial.end()


def F17(trial):
    """each event five times at once on five connections; then with one Idempotency-Key"""
    trial.begin(clients=2)
    pool = concurrent.futures.ThreadPoolExecutor(5)
    connections = [http.client.HTTPConnection("127.0.0.1", trial.service.port, timeout=10) for _ in range(5)]
    gate = threading.Barrier(5)

    def send(connection, body, key):
        gate.wait()
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        connection.request("POST", "/ingest/events", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    accepted = duplicates = number = keyed = waited = 0
    while during(trial) > 0:
        key = f"key-{trial.seed}-{number}" if number % 2 else None
        body = json.dumps([{
            "eventId": f"storm-{number}", "eventName": "a", "eventTimestamp": "2026-01-02T03:04:05Z", "userId": "storm"}])
        number += 1
        answers = list(pool.map(lambda connection: send(connection, body, key), connections))
        reports = [json.loads(content) for status, content in answers if status == 200]
        if key:
            keyed += 1
            waited += sum(status == 409 for status, _ in answers)
            trial.expect(all(status in (200, 409) for status, _ in answers), f"answers {[status for status, _ in answers]}")
            trial.expect(len({content for status, content in answers if status == 200}) == 1, "answers under one key differ")
        else:
            trial.expect(all(status == 200 for status, _ in answers), f"answers {[status for status, _ in answers]}")
            accepted += sum(report["accepted"] for report in reports)
            duplicates += sum(report["duplicates"] for report in reports)
    storms = number - keyed
    trial.expect((accepted, duplicates) == (storms, 4 * storms), f"{accepted} accepted and {duplicates} duplicates of {storms}")
    trial.notes.append(f"{storms} storms of five, {keyed} under a key ({waited} times 409)")
    with trial.cluster.client() as client:
        events = client[trial.name].events
        trial.expect(events.count_documents({"userId": "storm"}) == number, "not each event once")
        trial.cluster.wait("the customer's total", lambda: trial.totals(client[trial.name]).get("storm") == number)
        events.delete_many({"userId": "storm"})
        client[trial.name].customers.delete_many({"identifiers.value": "storm"})
    trial.end()


def F16(trial):
    """ten minutes at half of the peak rate, the primary killed every three minutes"""
    peak = Load(trial.service.port, trial.cluster.folder, trial.name + "-peak", trial.seed, pause=0)
    peak.start()
    time.sleep(15)
    spans = peak.stop()
    rate = len(spans.acked) / 15
    usual = statistics.median(took for _, took, status, _, _ in spans.requests if status == 200)
    with trial.cluster.client() as client:
        for name in ("events", "customers", "rollups", "identifiers"):
            client[trial.name][name].delete_many({})
    # What is left of the time between two requests of a client that all together send half as many.
    trial.begin(pause=max(0.001, 2 * CLIENTS / rate - usual))
    samples, kills = [], []
    next_kill = trial.begun + 180
    while during(trial) > 0:
        samples.append((time.monotonic() - trial.begun, trial.service.resident_megabytes(), trial.service.files()))
        if time.monotonic() >= next_kill and during(trial) > 30:
            next_kill += 180
            primary = trial.cluster.primary()
            trial.cluster.kill(primary)
            kills.append(time.monotonic())
            time.sleep(15)
            trial.cluster.start(primary)
        time.sleep(2)
    trial.end()
    sent = len(trial.outcome.acked) / trial.seconds
    trial.notes.append(f"peak {rate:.0f} events/s, then {sent:.0f}/s for {trial.seconds / 60:.0f} minutes, {len(kills)} kills")
    late = [(at / 60, megabytes) for at, megabytes, _ in samples if at >= min(300, trial.seconds / 2)]
    slope = statistics.linear_regression(*zip(*late)).slope
    trial.notes.append(f"rss {samples[0][1]:.0f} to {samples[-1][1]:.0f} MB, {slope:+.2f} MB a minute at last")
    trial.expect(slope < 1, f"memory grows by {slope:.2f} MB a minute")
    files = [files for _, _, files in samples]
    trial.notes.append(f"descriptors {files[0]} to {files[-1]}, at most {max(files)}")
    trial.expect(files[-1] <= files[0] + 20, f"descriptors: {files[0]} at first, {files[-1]} at last")

    def p99(start, end):
        times = sorted(
            took for at, took, status, _, _ in trial.outcome.requests
            if status == 200 and start <= at < end and not any(kill - 2 <= at < kill + 40 for kill in kills))
        return times[int(len(times) * 0.99)]

    first = p99(trial.begun, trial.begun + min(180, trial.seconds / 3))
    rest = p99(trial.begun + min(180, trial.seconds / 3), float("inf"))
    trial.notes.append(f"p99 {1000 * first:.0f} ms before the first kill, {1000 * rest:.0f} ms later outside of the faults")
    trial.expect(rest <= 1.5 * first, f"p99 grew from {1000 * first:.0f} to {1000 * rest:.0f} ms")
    judge_gaps(trial, kills, trial.election + 2)


F16.seconds = 600

ALL = [F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12, F13, F14, F15, F17]
SHORT = [F4, F7, F17]
# Run when named.
LONG = [F16]
