#!/usr/bin/env bash
# Writes the five calls of the README with the answers that a running demonstration gives.
#   scripts/readme-answers.sh [URL]
set -euo pipefail
cd "$(dirname "$0")/.."
url=${1:-http://127.0.0.1:8360}
python3 - "$url" <<'PY'
import json, sys, urllib.request

url = sys.argv[1]
get = lambda path: json.load(urllib.request.urlopen(url + path))
first = get("/segments/platinum/members?limit=1")["items"][0]["customerId"]
email = get(f"/customers/{first}")["email"]
calls = [f"/customers/lookup?email={email}", f"/customers/{first}?fields=firstName,lastName,email,features,asOf",
         f"/customers/{first}/recommendations?n=2&explain=true", f"/customers/{first}/orders?limit=1", "/segments?limit=1"]
lines = ["With `make demo` running:", ""]
for path in calls:
    lines += ["```console", f"$ curl 'http://127.0.0.1:8360{path}'", json.dumps(get(path), indent=1, ensure_ascii=False), "```", ""]
text = open("README.md").read()
begin, end = "<!-- answers: begin -->", "<!-- answers: end -->"
head, rest = text.split(begin)
open("README.md", "w").write(head + begin + "\n" + "\n".join(lines) + end + rest.split(end)[1])
PY
