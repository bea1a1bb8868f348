#!/usr/bin/env bash
# Builds the image of the Dockerfile without a Docker engine, and checks it.
#   image.sh build    base images from Debian's own packages, then `buildah bud`
#   image.sh check    runs it as its non-root user against a replica set of its own; /readyz must answer 200
# Where an engine is at hand, `docker build .` does the first part.
set -euo pipefail
cd "$(dirname "$0")/.."
image=localhost/customer360:latest
buildah=(buildah --storage-driver vfs --root "${BUILDAH_ROOT:-/var/tmp/customer360-images}")
for tool in buildah mmdebstrap; do
  command -v $tool >/dev/null || apt-get install -y -qq $tool >/dev/null || { echo "missing: $tool"; exit 1; }
done

# A Debian base under the name that the Dockerfile asks for, unless it is there.
base() { # name, packages, extra environment
  "${buildah[@]}" inspect --type image "$1" >/dev/null 2>&1 && return
  local container mount
  container=$("${buildah[@]}" from scratch)
  mount=$("${buildah[@]}" mount "$container")
  mmdebstrap --variant=minbase --include="$2" bookworm - | tar -x -C "$mount"
  cp /etc/apt/apt.conf.d/* "$mount/etc/apt/apt.conf.d/" 2>/dev/null || true
  [ -e /etc/apt/sources.list ] && cp /etc/apt/sources.list "$mount/etc/apt/"
  cp -r /etc/apt/sources.list.d/. "$mount/etc/apt/sources.list.d/" 2>/dev/null || true
  [ $# -gt 2 ] && "${buildah[@]}" config --env "$3" "$container"
  "${buildah[@]}" umount "$container" >/dev/null
  "${buildah[@]}" commit --format docker "$container" "$1" >/dev/null
  "${buildah[@]}" rm "$container" >/dev/null
}

build() {
  local swift volumes=()
  swift=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
  base docker.io/library/debian:bookworm-slim ca-certificates
  # What Swift's own image has beside the toolchain, which is lent to the build.
  base docker.io/library/swift:6.3-bookworm \
    ca-certificates,binutils,git,libc6-dev,libedit2,libgcc-12-dev,libncurses6,libpython3.11,libsqlite3-0,libstdc++-12-dev,libxml2,libz3-4,tzdata,zlib1g-dev \
    "PATH=$swift/usr/bin:/usr/local/bin:/usr/bin:/bin"
  # The toolchain, and packages where a local copy replaces the network, are lent to the build read-only.
  volumes+=(--volume "$swift:$swift:ro")
  for folder in ${PACKAGE_MIRROR:-/opt/swift-packages}; do [ -d "$folder" ] && volumes+=(--volume "$folder:$folder:ro"); done
  [ -f "$HOME/.gitconfig" ] && volumes+=(--volume "$HOME/.gitconfig:/root/.gitconfig:ro")
  [ -f /etc/gitconfig ] && volumes+=(--volume /etc/gitconfig:/etc/gitconfig:ro)
  "${buildah[@]}" bud --isolation chroot --format docker --pull-never "${volumes[@]}" --tag "$image" .
}

check() {
  local mongod port=8399 mongo_port=27399
  # Read by the trap, after this function has ended.
  service= database= work=$(mktemp -d)
  mongod=$(command -v mongod || echo "${CUSTOMER360_TOOLS:-.tools}/mongod")
  [ -x "$mongod" ] || { echo "missing: mongod (make setup)"; exit 1; }
  container=$("${buildah[@]}" from --pull-never "$image")
  trap 'kill $service $database 2>/dev/null; wait; "${buildah[@]}" rm "$container" >/dev/null; rm -rf "$work"' EXIT
  mkdir "$work/db"
  "$mongod" --dbpath "$work/db" --port $mongo_port --bind_ip 127.0.0.1 --replSet rs0 --noscripting --wiredTigerCacheSizeGB 0.25 >"$work/mongod.log" 2>&1 &
  database=$!
  python3 -c 'import pymongo' 2>/dev/null || pip install -q pymongo
  python3 - $mongo_port <<'PY'
import sys, time, pymongo
client = pymongo.MongoClient("127.0.0.1", int(sys.argv[1]), directConnection=True)
for _ in range(100):
    try:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": f"127.0.0.1:{sys.argv[1]}"}]})
        break
    except pymongo.errors.OperationFailure as error:
        if error.code == 23: break
        time.sleep(0.1)
PY
  "${buildah[@]}" config --env CUSTOMER360_HOST=127.0.0.1 --env CUSTOMER360_PORT=$port \
    --env "CUSTOMER360_MONGODB_URI=mongodb://127.0.0.1:$mongo_port/?replicaSet=rs0" "$container"
  "${buildah[@]}" run --isolation chroot --user 10001:10001 "$container" -- customer360 serve >"$work/out" 2>"$work/log" &
  service=$!
  for _ in $(seq 100); do
    status=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz" || true)
    [ "$status" = 200 ] && break
    sleep 0.2
  done
  [ "$status" = 200 ] || { echo "/readyz $status"; tail -5 "$work/log"; exit 1; }
  pgrep -u 10001 -f "customer360 serve" >/dev/null || { echo "it does not run as user 10001"; exit 1; }
  echo "/readyz $status; runs as user 10001; $("${buildah[@]}" images --format '{{.Size}}' "$image")"
}

case "${1:-}" in
  build) build ;;
  check) check ;;
  *) echo "usage: image.sh build|check"; exit 2 ;;
esac
