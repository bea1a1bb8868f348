#!/usr/bin/env bash
# A shop's collection of a replica set of its own, copied and followed by `serve --sources` while the shop writes and the service is
# killed (kill -9) again and again; then counts ids and values here against the shop's. Needs pymongo.
# Usage: Benchmarks/Pull/mongodb.sh [DOCUMENTS [KILLS]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/service.sh
documents=${1:-20000}
kills=${2:-8}
mongod=$CUSTOMER360_TOOLS/mongod
[[ -x $mongod ]] || mongod=$CUSTOMER360_TOOLS/bin/mongod
mkdir "$folder/shop"
port=$((20000 + RANDOM % 10000))
"$mongod" --dbpath "$folder/shop" --port "$port" --bind_ip 127.0.0.1 --replSet shop --oplogSize 64 --wiredTigerCacheSizeGB 0.25 \
  >"$folder/shop.log" 2>&1 &
companions+=($!)
uri="mongodb://127.0.0.1:$port/?replicaSet=shop"
cat >"$folder/map.json" <<'J'
{"columns": {"_id": "sourceId", "mail": "email", "name.first": "firstName", "points": "attributes.points"}, "constants": {"source": "shop"}}
J
cat >"$folder/sources.json" <<J
{"sources": [{"name": "users", "type": "mongodb", "kind": "customers", "uri": "$uri", "database": "shop", "collection": "users",
  "everySeconds": 1, "map": "map.json"}]}
J
shop() { "${PYTHON:-python3}" - "$uri" "$@" <<'P'
import sys, time, random, pymongo
uri, what, *rest = sys.argv[1:]
direct = uri.split('?')[0] + '?directConnection=true'
if what == 'begin':
    admin = pymongo.MongoClient(direct).admin
    for _ in range(100):
        try: admin.command('replSetInitiate', {'_id': 'shop', 'members': [{'_id': 0, 'host': direct[10:].split('/')[0]}]}); break
        except pymongo.errors.AutoReconnect: time.sleep(.1)
    users = pymongo.MongoClient(uri).shop.users
    n = int(rest[0])
    for start in range(0, n, 1000):
        users.insert_many([{'_id': f'u{i}', 'mail': f'u{i}@example.com', 'name': {'first': 'Ada'}, 'points': 0} for i in range(start, min(n, start + 1000))])
    # Ids of other types, which sort apart.
    users.insert_many([{'_id': i, 'mail': f'n{i}@example.com', 'points': 0} for i in range(500)])
elif what == 'write':
    users = pymongo.MongoClient(uri).shop.users
    chance, n, end = random.Random(1), int(rest[0]), time.monotonic() + float(rest[1])
    new = 0
    while time.monotonic() < end:
        users.update_one({'_id': f'u{chance.randrange(n)}'}, {'$inc': {'points': 1}})
        if chance.random() < .3: users.insert_one({'_id': f'late{new}', 'mail': f'l{new}@example.com', 'points': 0}); new += 1
    print(f'the shop wrote for {rest[1]} s and added {new} documents')
else:
    users = pymongo.MongoClient(uri).shop.users
    theirs = {str(d['_id']): d['points'] for d in users.find()}
    import json
    ours, lines = {}, 0
    for line in open(rest[0]):
        r = json.loads(line); lines += 1; ours[r['sourceId']] = r['attributes']['points']
    wrong = sum(ours.get(k) != v for k, v in theirs.items())
    print(f'shop {len(theirs)} documents; here {lines} records, {len(ours)} ids; missing {len(theirs.keys() - ours.keys())}, '
          f'double {lines - len(ours)}, of another value {wrong}')
    sys.exit(1 if wrong or lines != len(theirs) else 0)
P
}
shop begin "$documents"
shop write "$documents" $((kills * 2 + 4)) &
writer=$!
for kill in $(seq "$kills"); do
  "$program" serve --port 0 --data-dir "$folder/data" --sources "$folder/sources.json" >"$folder/out" 2>>"$folder/log" &
  server=$!
  sleep "$((RANDOM % 2 + 1)).$((RANDOM % 9))"
  kill -9 "$server"; wait "$server" 2>/dev/null || true
done
start_service --sources "$folder/sources.json"
wait "$writer"
begin=$(date +%s%N)
for _ in $(seq 600); do
  "$program" export --kind records --data-dir "$folder/data" --out "$folder/records" >/dev/null 2>>"$folder/log"
  shop compare "$folder/records" >"$folder/result" 2>&1 && break
  sleep 0.2
done
cat "$folder/result"
echo "after $kills kills; equal $((($(date +%s%N) - begin) / 1000000)) ms after the shop's last write"
curl -fs "$url/sources"
echo
