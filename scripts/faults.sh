#!/usr/bin/env bash
# Fault runs against three real mongods in network namespaces, see scripts/faults. Usage: scripts/faults.sh [--short] [F1 F4 …]
# Needs root, iproute2, iptables and python3 with venv; installs pymongo into .venv/faults. F12 takes slowhttptest, F14 faketime.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CUSTOMER360_TOOLS=${CUSTOMER360_TOOLS:-$PWD/.tools}
program=${CUSTOMER360_PROGRAM:-$(swift build -c release --product customer360 --static-swift-stdlib --show-bin-path)/customer360}
[[ -x $program ]] || { echo "faults: no program at $program: run 'make release'" >&2; exit 1; }
mongod=$CUSTOMER360_TOOLS/mongod
[[ -x $mongod ]] || mongod=$(command -v mongod) || { echo "faults: no mongod: run 'make setup'" >&2; exit 1; }

if ! { [[ $(id -u) == 0 ]] && command -v iptables >/dev/null && ip netns add "c$$p" 2>/dev/null && ip netns del "c$$p"; }; then
  echo "faults: left out, they need root, iptables and network namespaces"
  exit "${FAULTS_WITHOUT_NAMESPACES:-1}"
fi

venv=${FAULTS_VENV:-$PWD/.venv/faults}
if [[ ! -x $venv/bin/python ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" -q install pymongo==4.20.0
fi
exec "$venv/bin/python" scripts/faults --program "$program" --mongod "$mongod" "$@"
