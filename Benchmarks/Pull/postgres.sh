#!/usr/bin/env bash
# 200,000 rows of a real PostgreSQL: copied, beside psql's \copy of the same query to a file; a copy that is killed (kill -9) several
# times and goes on; changed rows followed. Counts ids and sums in MongoDB against PostgreSQL's own. As root; needs Debian's postgresql.
# Usage: Benchmarks/Pull/postgres.sh [ROWS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/service.sh
rows=${1:-200000}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
database=$folder/postgres
mkdir "$database"
chmod 711 "$folder"
chown postgres "$database"
runuser -u postgres -- "$bin/initdb" -D "$database/db" -A trust --no-sync >/dev/null
runuser -u postgres -- "$bin/postgres" -D "$database/db" -k "$database" -c listen_addresses= >"$folder/postgres.log" 2>&1 &
companions+=($!)
dsn="host=$database user=postgres dbname=postgres"
for _ in $(seq 100); do "$bin/psql" -d "$dsn" -qc '' 2>/dev/null && break; sleep 0.1; done
sql() { "$bin/psql" -d "$dsn" -v ON_ERROR_STOP=1 -qAtc "$1"; }
sql "CREATE TABLE orders (id text PRIMARY KEY, customer text, placed_at timestamptz, total numeric(12,2), changed_at timestamptz);
  INSERT INTO orders SELECT 'o' || n, 'u' || n % 20000, '2024-01-01'::timestamptz + n * interval '1 minute', (n % 9973) / 100.0,
    '2024-01-01'::timestamptz + n / 5 * interval '1 second' FROM generate_series(1, $rows) n;
  CREATE INDEX ON orders (changed_at, id); ANALYZE orders"
query='SELECT id AS "orderId", customer AS "userId", placed_at AS "orderDate", total AS "orderTotal", changed_at FROM orders'
pull() {
  "$program" pull postgres --name "$1" --kind orders --dsn "$dsn" --query "$query" --watermark changed_at --row-key orderId \
    --data-dir "$folder/data" --rejects "$folder/rejects" 2>>"$folder/log"
}
now() { date +%s%N; }
stored() { "$program" export --kind orders --data-dir "$folder/data" --out "$folder/export" >/dev/null 2>>"$folder/log"
  python3 - "$folder/export" <<'P'
import json, sys, glob, os, gzip
path = sys.argv[1]
files = [path] if os.path.isfile(path) else glob.glob(path + '/*')
ids, total, lines = set(), 0, 0
for f in files:
    for line in (gzip.open(f, 'rt') if f.endswith('.gz') else open(f)):
        o = json.loads(line); lines += 1; ids.add(o.get('orderId') or o.get('_id')); total += round(o['orderTotal'] * 100)
print(lines, len(ids), total)
P
}
start_service --no-projector

begin=$(now)
"$bin/psql" -d "$dsn" -qc "\\copy ($query) TO '$folder/copy.csv' CSV"
copied=$((($(now) - begin) / 1000000))
echo "psql \\copy to a file: $rows rows in $copied ms, $((rows * 1000 / copied)) rows/s"
begin=$(now)
pull whole | tail -n 1
took=$((($(now) - begin) / 1000000))
echo "pull postgres: $rows rows in $took ms, $((rows * 1000 / took)) rows/s"
echo "stored (rows, ids, cents): $(stored), PostgreSQL: $(sql "SELECT count(*), (sum(total) * 100)::bigint FROM orders" | tr '|' ' ')"

# Another database: killed in the middle, again and again.
kill "$server"; wait "$server" || true
rm -rf "$folder/data"
start_service --no-projector
kills=0
while ((kills < 5)); do
  pull cut >"$folder/pull.out" &
  pid=$!
  # bash waits in a subshell for the program: its child is what reads.
  sleep "0.$((RANDOM % 7 + 3))"
  child=$(pgrep -P "$pid" || echo "$pid")
  kill -9 $child 2>/dev/null && kills=$((kills + 1))
  wait "$pid" 2>/dev/null || true
done
echo "after $kills kills: $(stored) (rows, ids, cents)"
pull cut | tail -n 1
echo "gone on: $(stored), PostgreSQL: $(sql "SELECT count(*), (sum(total) * 100)::bigint FROM orders" | tr '|' ' ')"
sql "UPDATE orders SET total = total + 1, changed_at = now() WHERE id LIKE '%7'; INSERT INTO orders SELECT 'n' || n, 'u1', now(), 1, now()
  FROM generate_series(1, 500) n"
pull cut | tail -n 1
echo "changed rows followed: $(stored), PostgreSQL: $(sql "SELECT count(*), (sum(total) * 100)::bigint FROM orders" | tr '|' ' ')"
