#!/usr/bin/env bash
# :predict of one instance over HTTP: throughput beside the server's plain in-memory answer in the same run, latency at a steady rate,
# and both while versions are rolled back and forth. Everything runs on loopback and is stopped at the end.
# BINARY names a built customer360; without it one is built.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_PER_RUN:-5}
clients=${CLIENTS:-16}
rounds=${ROUNDS:-3}
command -v wrk >/dev/null || apt-get install -y -qq wrk >/dev/null
if [ -z "${BINARY:-}" ]; then
  swift build -c release --product customer360 --static-swift-stdlib
  BINARY="$(swift build -c release --product customer360 --static-swift-stdlib --show-bin-path)/customer360"
fi
work=$(mktemp -d)
touch "$work/out"
service= swapper=
stop() {
  [ -n "$swapper" ] && kill "$swapper" 2>/dev/null
  [ -n "$service" ] && kill "$service" 2>/dev/null && wait "$service" 2>/dev/null
  rm -rf "$work"
}
trap stop EXIT
"$BINARY" serve --port 0 --data-dir "$work/data" >"$work/out" 2>"$work/log" &
service=$!
for _ in $(seq 300); do grep -q listening "$work/out" && break; sleep 0.1; done
url=$(sed -n 's/^listening on //p' "$work/out")
"$BINARY" sample "$work/sample" >/dev/null
for kind in customers products orders; do "$BINARY" load --url "$url" --kind $kind "$work/sample/$kind.ndjson" >/dev/null; done
for _ in $(seq 300); do
  count=$(curl -s "$url/metrics" | awk '/^customer360_projection_changes_total/ {print $2}')
  [ "${count:-0}" = "${last:-x}" ] && break; last=$count; sleep 1
done
for clusters in 4 5; do
  "$BINARY" train kmeans --url "$url" --option NUM_CLUSTERS=$clusters >/dev/null
done
curl -sf -X PUT "$url/models/kmeans/aliases/default" -H 'Content-Type: application/json' -d '{"version":"2","force":true}' >/dev/null
median() { sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'; }
line() { awk '/^RATE/ {if ($4 != 0) exit 1; print}'; }
predicts=() plains=()
for _ in $(seq "$rounds"); do
  plains+=("$(wrk -t2 -c"$clients" -d"${seconds}s" -s Benchmarks/get.lua "$url" | line | cut -d' ' -f2)")
  predicts+=("$(CLIENTS=$clients wrk -t2 -c"$clients" -d"${seconds}s" -s Benchmarks/predict.lua "$url" | line | cut -d' ' -f2)")
done
plain=$(printf '%s\n' "${plains[@]}" | median); predict=$(printf '%s\n' "${predicts[@]}" | median)
echo "POST :predict, $clients clients: $predict/s, plain in-memory answer (GET /livez) $plain/s, ratio $(awk -v a="$predict" -v b="$plain" 'BEGIN {printf "%.2f", a / b}')"
echo "at about 2000/s: $(RATE=2000 CLIENTS=$clients wrk -t2 -c"$clients" -d"${seconds}s" -s Benchmarks/predict.lua "$url" | line)"
swap() {
  while :; do
    curl -sf -X POST "$url/models/kmeans:rollback" >/dev/null || echo "a rollback failed" >>"$work/failures"
    echo >>"$work/swaps"
    sleep 0.2
  done
}
swap & swapper=$!
echo "at about 2000/s, rolled back and forth: $(RATE=2000 CLIENTS=$clients wrk -t2 -c"$clients" -d"${seconds}s" -s Benchmarks/predict.lua "$url" | line), $(wc -l <"$work/swaps") swaps"
if [ -e "$work/failures" ]; then sort "$work/failures" | uniq -c; exit 1; fi
