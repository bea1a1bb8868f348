#!/usr/bin/env bash
# Analytics SDKs as they come from PyPI, and Google's Pub/Sub emulator where it is installed, send to a running service: everything
# must arrive, once. Usage: scripts/clients.sh [MESSAGES]. Needs python3 with venv; installs into .venv/clients.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/service.sh

messages=${1:-2000}
venv=${CLIENTS_VENV:-$root/.venv/clients}
if [[ ! -x $venv/bin/python ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" -q install segment-analytics-python==2.4.0 rudder-sdk-python==2.1.9
fi

start_service

# The emulator pushes without a key, so it comes first.
jar=$(ls /usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar 2>/dev/null | tail -n 1 || true)
if [[ -n $jar ]] && command -v java >/dev/null; then
  port=$((20000 + RANDOM % 10000))
  java -jar "$jar" --host=127.0.0.1 --port="$port" >"$folder/emulator" 2>&1 &
  companions+=($!)
  "$venv/bin/python" scripts/clients.py pubsub "$url" "$messages" "http://127.0.0.1:$port"
else
  echo "pubsub: no emulator on this machine, left out"
fi

new_key ingest agent admin
for client in segment rudder; do "$venv/bin/python" scripts/clients.py "$client" "$url" "$messages" "$key"; done
