#!/usr/bin/env bash
# The size of a binary without its symbols, against the limit that CONTRIBUTING.md names.
#   size.sh BINARY
set -euo pipefail
limit=25000000
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$1"
size=$(stat -c %s "$stripped")
echo "$1: $size bytes stripped, limit $limit"
[ "$size" -le "$limit" ]
