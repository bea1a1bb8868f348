#!/usr/bin/env bash
# The same 200 bytes of JSON from four servers, side by side in one run, round about so that a busy moment of the machine
# hits them all. Needs wrk and nginx (Debian), and `swift build -c release --static-swift-stdlib` in this folder (ours is linked
# as the product is). Loopback only.
#   usage: compare.sh [SECONDS] [ROUNDS] ["CONNECTIONS..."] [SERVERS...]
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-3} rounds=${2:-3} connections=${3:-"1 32 256"}
servers=("${@:4}"); [ ${#servers[@]} -gt 0 ] || servers=(ours nginx hummingbird flyingfox)
folder=$(mktemp -d) pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null; rm -rf "$folder"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
body=$(printf '{"text":"%s"}' "$(head -c 189 /dev/zero | tr '\0' x)")
sed -e "s|@FOLDER@|$folder|g; s|@PORT@|18601|; s|@TLSPORT@|18611|; s|@BODY@|$body|" nginx.conf.in >"$folder/nginx.conf"
declare -A pid port=([ours]=18600 [nginx]=18601 [hummingbird]=18602 [flyingfox]=18603)
start() {
  case $1 in
    ours) exec .build/release/Ours "${port[ours]}" ;;
    nginx) exec nginx -e "$folder/nginx.err" -c "$folder/nginx.conf" ;;
    hummingbird) exec .build/release/WithHummingbird "${port[hummingbird]}" ;;
    flyingfox) exec .build/release/WithFlyingFox "${port[flyingfox]}" ;;
  esac >/dev/null 2>&1 &
  pids+=($!)
  pid[$1]=$!
}
# Clock ticks of a server's processes, user and system.
ticks() {
  local total=0 process user system
  for process in "${pid[$1]}" $(pgrep -P "${pid[$1]}" || true); do
    read -r user system < <(awk '{print $14, $15}' "/proc/$process/stat")
    total=$((total + user + system))
  done
  echo "$total"
}
for server in "${servers[@]}"; do start "$server"; done
for server in "${servers[@]}"; do
  for _ in $(seq 50); do curl -sf "http://127.0.0.1:${port[$server]}/" >/dev/null && break; sleep 0.1; done
done
printf '%-12s %5s %12s %10s %10s %8s %12s\n' server conns requests/s p50 p99 errors us_CPU/req
for count in $connections; do
  for round in $(seq "$rounds"); do
    for server in "${servers[@]}"; do
      before=$(ticks "$server")
      out=$(wrk --latency -t 1 -c "$count" -d "$seconds" "http://127.0.0.1:${port[$server]}/")
      rate=$(awk '/Requests\/sec/ {print $2}' <<<"$out")
      count_of=$(awk '/requests in/ {print $1}' <<<"$out")
      cpu=$(awk -v t=$(($(ticks "$server") - before)) -v n="$count_of" 'BEGIN {printf "%.2f", t * 10000 / n}')
      errors=$(grep -cE 'Socket errors|Non-2xx' <<<"$out" || true)
      printf '%-12s %5s %12s %10s %10s %8s %12s\n' "$server" "$count" "$rate" "$(awk '$1=="50%" {print $2}' <<<"$out")" \
        "$(awk '$1=="99%" {print $2}' <<<"$out")" "$errors" "$cpu"
    done
  done
done
