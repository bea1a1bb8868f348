#!/usr/bin/env bash
# `load --watch` over a folder into which another program writes, in lines that it does not end at once, while the loader is killed
# (kill -9) again and again; then counts what is stored. Usage: Benchmarks/Pull/watch.sh [LINES [KILLS]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/service.sh
lines=${1:-20000}
kills=${2:-8}
mkdir "$folder/drops"
start_service --no-projector
python3 - "$folder/drops" "$lines" $((kills + 2)) <<'P' &
import random, sys, time
folder, n, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
chance, files = random.Random(1), {}
for i in range(n):
    name = f'{folder}/{i * 3 // n}.ndjson'
    f = files.setdefault(name, open(name, 'a', buffering=1 << 16))
    line = '{"orderId":"o%d","userId":"u%d","orderDate":"2024-03-01","orderTotal":%d}\n' % (i, i % 100, i % 50)
    cut = chance.randrange(len(line))
    f.write(line[:cut])
    if i % 50 == 0: f.flush(); time.sleep(seconds * 50 / n)
    f.write(line[cut:])
for f in files.values(): f.close()
P
writer=$!
for _ in $(seq "$kills"); do
  "$program" load --watch --quiet --kind orders --url "$url" --batch-items 300 "$folder/drops" >>"$folder/log" 2>&1 &
  loader=$!
  sleep "0.$((RANDOM % 9 + 1))"
  kill -9 "$loader"; wait "$loader" 2>/dev/null || true
done
wait "$writer"
"$program" load --watch --kind orders --url "$url" "$folder/drops" >"$folder/last" 2>&1 &
loader=$!
for _ in $(seq 300); do
  "$program" export --kind orders --data-dir "$folder/data" --out "$folder/orders" >/dev/null 2>>"$folder/log"
  (($(wc -l <"$folder/orders") >= lines)) && break
  sleep 0.2
done
kill "$loader"; wait "$loader" || true
tail -n 1 "$folder/last"
cat "$folder"/drops/*.rejected.ndjson 2>/dev/null | head -n 3 || true
echo "$lines lines written; after $kills kills $(wc -l <"$folder/orders") stored, $(grep -o '"orderId":"[^"]*"' "$folder/orders" | sort -u | wc -l) ids"
