#!/usr/bin/env bash
# Reads and ingest of the service beside bare libmongoc loops on the same MongoDB, in one run, as ratios.
# Needs: make release; wrk and a C compiler (installed when missing). Everything runs on loopback and is stopped at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_PER_RUN:-5}
clients=${CLIENTS:-16}
rounds=${ROUNDS:-3}
for tool in wrk gcc; do
  command -v $tool >/dev/null || apt-get install -y -qq $tool >/dev/null || { echo "missing: $tool"; exit 1; }
done
swift build -c release --product customer360 --static-swift-stdlib
binary="$(swift build -c release --product customer360 --static-swift-stdlib --show-bin-path)/customer360"
work=$(mktemp -d)
service=
stop() { [ -n "$service" ] && kill "$service" 2>/dev/null && wait "$service" 2>/dev/null; rm -rf "$work"; }
trap stop EXIT
gcc -O2 Benchmarks/floor.c -o "$work/floor" $(pkg-config --cflags --libs libmongoc-1.0)

start() { # options of serve
  "$binary" serve --port 0 --data-dir "$work/data" "$@" >"$work/out" 2>"$work/log" &
  service=$!
  for _ in $(seq 200); do grep -q listening "$work/out" && break; sleep 0.1; done
  url=$(sed -n 's/^listening on //p' "$work/out")
  uri=$("$binary" doctor --data-dir "$work/data" --print-uri)
}
memory() { awk '/VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$service/status"; }
median() { sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

start
echo "idle: $(memory)"
"$binary" sample "$work/sample" --scale "${SCALE:-1}" >/dev/null
for kind in customers products orders; do
  "$binary" load --url "$url" --kind $kind "$work/sample/$kind.ndjson" >/dev/null
done
for _ in $(seq 300); do
  count=$(curl -s "$url/metrics" | awk '/^customer360_projection_changes_total/ {print $2}')
  [ "${count:-0}" = "${last:-x}" ] && break; last=$count; sleep 1
done
python3 -c 'import pymongo' 2>/dev/null || pip install -q pymongo
"$binary" export --kind customers --data-dir "$work/data" | sed -E 's/^\{"customerId":"([^"]*)".*/\1/' > "$work/ids"
echo "customers: $(wc -l < "$work/ids")"
reads=() floors=()
for _ in $(seq "$rounds"); do
  floors+=("$("$work/floor" find "$uri" customer360 customers "$clients" "$seconds")")
  reads+=("$(CUSTOMER_IDS=$work/ids wrk -t2 -c"$clients" -d"${seconds}s" -s Benchmarks/ids.lua "$url" | awk '/^RATE/ {if ($4 != 0) exit 1; print $2}')")
done
floor=$(printf '%s\n' "${floors[@]}" | median); read=$(printf '%s\n' "${reads[@]}" | median)
echo "GET /customers/{id}, $clients clients: service $read/s, bare find loop $floor/s, ratio $(ratio "$read" "$floor"); under load $(memory)"
kill "$service"; wait "$service" || true

service=
python3 Benchmarks/ingest.py "$binary" --batches "${BATCHES:-100,1000}" --rounds "$rounds"
