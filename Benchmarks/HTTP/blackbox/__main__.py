"""Black-box cases of HTTP/1.1 against `customer360 serve` on loopback, over plain TCP and over TLS.

usage: blackbox [--plain | --tls] [--only TEXT] [REQUIREMENT...]
CUSTOMER360_PROGRAM names the binary (the debug build unless given), CUSTOMER360_TOOLS the folder of mongod (.tools of the repository unless given).
"""

import sys, time, traceback

import bodies, framing, limits, parsing, semantics, transport  # noqa: F401  (they declare cases)
from cases import CASES
from service import Service
from wire import Wrong

arguments = sys.argv[1:]
only = arguments[arguments.index("--only") + 1] if "--only" in arguments else None
numbers = {int(a) for a in arguments if a.isdigit()}
wanted = [c for c in CASES if (not numbers or c.requirement in numbers) and (not only or only in c.name)]
failures = total = 0


def report(kind, requirement, name, error):
    print(f"FAIL {kind} {requirement:2} {name}\n     {error}", flush=True)


for kind in ["plain", "tls"]:
    if f"--{'tls' if kind == 'plain' else 'plain'}" in arguments:
        continue
    service = Service(tls=kind == "tls").fill()
    semantics.CURRENT["id"] = service.customer.encode()
    try:
        for one in wanted:
            total += 1
            begin = time.perf_counter()
            try:
                one.run(service)
                took = time.perf_counter() - begin
                if took > 3:
                    raise Wrong(f"took {took:.1f} s")
            except (Wrong, OSError, ValueError, KeyError) as error:
                failures += 1
                report(kind, one.requirement, one.name, f"{type(error).__name__}: {error}"[:600])
        if service.process.poll() is not None:
            print("the service has ended"), sys.exit(1)
    finally:
        service.stop()
    for requirement, name, run in limits.RUNS + transport.RUNS:
        if numbers and requirement not in numbers or only and only not in name or getattr(run, "kind", kind) != kind:
            continue
        total += 1
        try:
            run(kind == "tls")
        except (Wrong, OSError, ValueError, KeyError, RuntimeError) as error:
            failures += 1
            report(kind, requirement, name, f"{type(error).__name__}: {error}"[:600])
print(f"{total - failures} of {total} cases")
sys.exit(1 if failures else 0)
