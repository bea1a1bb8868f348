#!/usr/bin/env bash
# Analytics SDKs as they come from PyPI, and Google's Pub/Sub emulator where it is installed, send to a running service: everything
# must arrive, once. Usage: scripts/clients.sh [MESSAGES]. Needs python3 with venv; installs into .venv/clients.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

messages=${1:-2000}
export CUSTOMER360_TOOLS=${CUSTOMER360_TOOLS:-$PWD/.tools}
program=${CUSTOMER360_PROGRAM:-$(swift build -c release --product customer360 --static-swift-stdlib --show-bin-path)/customer360}
[[ -x $program ]] || { echo "clients: no program at $program: run 'make release'" >&2; exit 1; }

venv=${CLIENTS_VENV:-$root/.venv/clients}
if [[ ! -x $venv/bin/python ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" -q install segment-analytics-python==2.4.0 rudder-sdk-python==2.1.9
fi

folder=$(mktemp -d)
server=
emulator=
finish() {
  local status=$?
  for pid in $server $emulator; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  ((status == 0)) || { tail -n 5 "$folder/log" >&2 || true; }
  rm -rf "$folder"
}
trap finish EXIT

"$program" serve --port 0 --data-dir "$folder/data" >"$folder/out" 2>"$folder/log" &
server=$!
url=
for _ in $(seq 600); do
  url=$(sed -n 's/^listening on //p' "$folder/out")
  [[ -z $url ]] || ! curl -fs -o /dev/null "$url/readyz" || break
  kill -0 "$server" || { echo "clients: the service has ended" >&2; exit 1; }
  sleep 0.1
done

# The emulator pushes without a key, so it comes first.
jar=$(ls /usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar 2>/dev/null | tail -n 1 || true)
if [[ -n $jar ]] && command -v java >/dev/null; then
  port=$((20000 + RANDOM % 10000))
  java -jar "$jar" --host=127.0.0.1 --port="$port" >"$folder/emulator" 2>&1 &
  emulator=$!
  "$venv/bin/python" scripts/clients.py pubsub "$url" "$messages" "http://127.0.0.1:$port"
else
  echo "pubsub: no emulator on this machine, left out"
fi

key=$("$program" keys create --name sdk --scope ingest --scope agent --scope admin --data-dir "$folder/data" 2>/dev/null | tail -n 1)
for _ in $(seq 100); do
  [[ $(curl -s -o /dev/null -w '%{http_code}' "$url/limits") == 401 ]] && break
  sleep 0.1
done
for client in segment rudder; do "$venv/bin/python" scripts/clients.py "$client" "$url" "$messages" "$key"; done
