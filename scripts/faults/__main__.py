"""Fault runs against a real replica set: python3 scripts/faults --program FILE --mongod FILE [F1 F4 …]; the soak only as F16."""

import argparse
import sys
import time
import traceback

import runs
from cluster import Cluster
from control import Control
from trial import Trial

parser = argparse.ArgumentParser(prog="faults")
parser.add_argument("faults", nargs="*", help="such as F1; all by default")
parser.add_argument("--program", required=True)
parser.add_argument("--mongod", required=True)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=int, default=60, help="of load in each run")
parser.add_argument("--election-ms", type=int, default=2000)
parser.add_argument("--pause-ms", type=float, default=5, help="of each client between an answer and its next request")
parser.add_argument("--short", action="store_true", help="F4, F7, F17 and the control, within two minutes")
options = parser.parse_args()

chosen = runs.SHORT if options.short else runs.ALL
if options.faults:
    chosen = [run for run in runs.ALL + runs.LONG if run.__name__ in options.faults]
seconds = 12 if options.short else options.seconds
failed = []
cluster = Cluster(options.mongod, options.election_ms)


def report(name, what, faults, notes, start):
    print(f"{'FAIL' if faults else 'pass'} {name:4} {what} ({time.monotonic() - start:.0f} s)", flush=True)
    for line in [*faults, *notes]:
        print(f"       {line}", flush=True)
    if faults:
        failed.append(name)


try:
    for run in chosen:
        start = time.monotonic()
        trial = None
        try:
            length = max(seconds, getattr(run, "seconds", 0))
            trial = Trial(cluster, options.program, run.__name__, options.seed, length, **getattr(run, "service", {}))
            trial.election = options.election_ms / 1000
            trial.pause = options.pause_ms / 1000
            run(trial)
            faults = trial.faults
        except Exception as error:
            traceback.print_exc()
            faults = (trial.faults if trial else []) + [f"the run itself failed: {error}"]
            if trial:
                trial.abandon()
                with open(trial.service.log, encoding="utf-8", errors="replace") as file:
                    trial.notes += file.read().splitlines()[-5:]
        report(run.__name__, run.__doc__, faults, trial.notes if trial else [], start)
        if trial:
            trial.close()
    if runs.F4 in chosen:
        start = time.monotonic()
        trial = type("Bare", (), {"cluster": cluster, "seconds": seconds, "election": options.election_ms / 1000})()
        control = Control(cluster, f"control_{options.seed}")
        runs.cut_off(trial, peers_only=True, control=control)
        acked, lost = control.end()
        report(
            "w:1", "the control: F4 with writers that ask for no majority must lose",
            [] if lost else ["nothing was lost: the count proves nothing"], [f"acked {acked}, lost {lost}"], start)
finally:
    cluster.close()
print(f"{len(failed)} failed: {' '.join(failed)}" if failed else "all passed")
sys.exit(bool(failed))
