# Sourced by scripts that ask a running service: finds the program, runs it with a data folder of its own, and cleans up at the end.
# Sets root, program and, after start_service, folder, server and url. The caller has stood in the repository's folder before.
root=$PWD
name=$(basename "$0" .sh)
export CUSTOMER360_TOOLS=${CUSTOMER360_TOOLS:-$root/.tools}
program=${CUSTOMER360_PROGRAM:-$(swift build -c release --product customer360 --static-swift-stdlib --show-bin-path)/customer360}
[[ -x $program ]] || { echo "$name: no program at $program: run 'make release'" >&2; exit 1; }

folder=$(mktemp -d)
server=
# Processes beside the service that end with the script.
companions=()
finish() {
  local status=$?
  for pid in $server "${companions[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  ((status == 0)) || { tail -n 5 "$folder/log" >&2 || true; }
  rm -rf "$folder"
}
trap finish EXIT

# start_service [OPTIONS OF serve]: on a free port; returns when it is ready.
start_service() {
  : >"$folder/out"
  "$program" serve --port 0 --data-dir "$folder/data" "$@" >"$folder/out" 2>>"$folder/log" &
  server=$!
  url=
  for _ in $(seq 600); do
    url=$(sed -n 's/^listening on //p' "$folder/out")
    [[ -z $url ]] || ! curl -fs -o /dev/null "$url/readyz" || return 0
    kill -0 "$server" || { echo "$name: the service has ended" >&2; exit 1; }
    sleep 0.1
  done
  echo "$name: the service did not become ready" >&2
  exit 1
}

# new_key SCOPE...: sets key, once the service asks for keys.
new_key() {
  key=$("$program" keys create --name "$name" "${@/#/--scope=}" --data-dir "$folder/data" 2>/dev/null | tail -n 1)
  for _ in $(seq 100); do
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$url/limits") == 401 ]] && break
    sleep 0.1
  done
}
