#!/usr/bin/env bash
# Malformed input for every dialect of a running service on a real mongod; then all that was taken in is exported and held against the
# rules, and read by its ids. Usage: scripts/fuzz.sh [INPUTS [SEED]]; FUZZ_ONLY=WORD for the dialects whose names hold it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/service.sh

inputs=${1:-5000}
seed=${2:-1}
status=0
# The projector may be far behind a sender that only wants to be refused.
start_service --projection-lag-ms-max 600000
python3 scripts/fuzz "$url" "$folder" --inputs "$inputs" --seed "$seed" --only "${FUZZ_ONLY:-}" || status=1
kill -0 "$server" || { echo "fuzz: the service has ended"; status=1; }
for kind in events records orders products ratings interactions customers; do
  "$program" export --kind "$kind" --data-dir "$folder/data" --out "$folder/$kind.ndjson" >/dev/null 2>>"$folder/log" || status=1
done
python3 scripts/fuzz "$url" "$folder" --check || status=1
exit "$status"
