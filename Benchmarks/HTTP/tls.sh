#!/usr/bin/env bash
# TLS beside nginx: full and resumed handshakes, requests; what is agreed on; and a new certificate every 200 ms under load
# without one failed request. Needs wrk, nginx, curl and openssl. Loopback only. usage: tls.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-3}
folder=$(mktemp -d) pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null; rm -rf "$folder"' EXIT
certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$1" -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$folder/$1.key" -out "$folder/$1.crt" 2>/dev/null
}
use() { cp "$folder/$1.key" "$folder/key.new"; cp "$folder/$1.crt" "$folder/cert.new"; mv "$folder/key.new" "$folder/key.pem"; mv "$folder/cert.new" "$folder/cert.pem"; }
certificate one; certificate two; use one
body=$(printf '{"text":"%s"}' "$(head -c 189 /dev/zero | tr '\0' x)")
sed -e "s|@FOLDER@|$folder|g; s|@PORT@|18701|; s|@TLSPORT@|18711|; s|@BODY@|$body|" nginx.conf.in >"$folder/nginx.conf"
.build/release/Ours 18710 "$folder/cert.pem" "$folder/key.pem" >/dev/null & ours=$!; pids+=("$ours")
nginx -e "$folder/nginx.err" -c "$folder/nginx.conf" & pids+=($!)
sleep 0.7

echo "== agreed on"
for version in tls1 tls1_1 tls1_2 tls1_3; do
  out=$(openssl s_client -connect 127.0.0.1:18710 -"$version" -cipher ALL:@SECLEVEL=0 -alpn h2,http/1.1 </dev/null 2>/dev/null || true)
  echo "$version: $(grep -E '^(New,|ALPN)' <<<"$out" | tr '\n' ' ')"
done
echo "AES-CBC offered alone: $(openssl s_client -connect 127.0.0.1:18710 -tls1_2 -cipher AES128-SHA </dev/null 2>&1 | grep -oE 'handshake failure|Cipher is.*' | head -1)"
curl -sS --cacert "$folder/cert.pem" -o /dev/null -w 'curl: %{http_code}, verified %{ssl_verify_result}, HTTP/%{http_version}\n' https://127.0.0.1:18710/

for round in 1 2 3; do
  for server in ours:18710 nginx:18711; do
    port=${server#*:}
    full=$(wrk -t 1 -c 16 -d "$seconds" -H 'Connection: close' "https://127.0.0.1:$port/" | awk '/Requests\/sec/ {print $2}')
    # In TLS 1.2, where s_time has the session at the end of the handshake.
    reused=$(openssl s_time -connect "127.0.0.1:$port" -tls1_2 -reuse -www / -time "$seconds" 2>/dev/null |
      awk '/connections in .* real/ {printf "%.0f", $1 / $4}')
    rate=$(wrk --latency -t 1 -c 32 -d "$seconds" "https://127.0.0.1:$port/" |
      awk '/Requests\/sec/ {rate = $2} $1 == "99%" {p99 = $2} END {print rate " requests/s, p99 " p99}')
    echo "${server%:*}: $full connections/s with a full handshake each, $reused resumed/s, $rate"
  done
done

echo "== a new certificate every 200 ms"
(for _ in $(seq 50); do use two; kill -HUP "$ours"; sleep 0.1; use one; kill -HUP "$ours"; sleep 0.1; done) & reloads=$!
wrk -t 1 -c 16 -d 8 https://127.0.0.1:18710/ | grep -E 'requests in|Socket errors|Non-2xx' &
load=$!
failed=0 seen_one=0 seen_two=0
for _ in $(seq 150); do
  subject=$(curl -skv -o /dev/null https://127.0.0.1:18710/ 2>&1 | grep -oE 'subject: CN=(one|two)') || failed=$((failed + 1))
  case $subject in *one) seen_one=$((seen_one + 1)) ;; *two) seen_two=$((seen_two + 1)) ;; esac
done
wait "$load" "$reloads"
echo "150 new connections: $failed failed, $seen_one saw the first certificate, $seen_two the second"
