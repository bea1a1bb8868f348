#!/usr/bin/env bash
# Property tests of a running service against openapi.yaml: every check, a fixed seed. Usage: scripts/schemathesis.sh [EXAMPLES]
# Needs python3 with venv; installs schemathesis into .venv/schemathesis. The service runs on a free port with a data folder of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/service.sh

examples=${1:-100}
seed=${SCHEMATHESIS_SEED:-360}
version=4.32.5

venv=$root/.venv/schemathesis
if [[ ! -x $venv/bin/st ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" -q install "schemathesis==$version"
fi

start_service

# Something to find: a small shop and a model of each kind.
"$program" sample "$folder/sample" --scale 0.02 >/dev/null
for kind in customers products orders events ratings; do
  "$program" load --url "$url" --kind "$kind" --quiet "$folder/sample/$kind".* >/dev/null
done
for model in kmeans matrix_factorization; do
  curl -fs -o /dev/null -X POST "$url/models/$model:train"
  for _ in $(seq 600); do
    curl -fs "$url/models/$model" | grep -q servingVersionId && break
    sleep 0.1
  done
done

new_key admin

# A text of the right form may still name nothing or what is busy or changed meanwhile, and a body may be too large before it is
# wrong.
cat >"$folder/st.toml" <<'TOML'
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "400", "404", "409", "412", "413", "422", "428", "429"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "414", "415", "422", "428", "431"]
TOML
# What follows is asked of somebody who is there, too.
user=$(grep -m 1 -o '"userId":"[^"]*"' "$folder/sample/orders.ndjson" | cut -d '"' -f 4)
customer=$(curl -fs -H "Authorization: Bearer $key" "$url/customers/lookup?userId=$user" | grep -o '"customerId":"[^"]*"' | cut -d '"' -f 4)
{ cat "$folder/st.toml"; printf '[parameters]\n"path.id" = "%s"\n' "$customer"; } >"$folder/customer.toml"

export SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH=$root/scripts PYTHONDONTWRITEBYTECODE=1
# It leaves a cache where it runs.
cd "$folder"
run() {
  "$venv/bin/st" --config-file "$1" run "$root/openapi.yaml" --url "$url" --header "Authorization: Bearer $key" \
    --checks all --seed "$seed" --max-examples "$examples" --max-redirects 0 --continue-on-failure --no-color "${@:2}"
}
run st.toml
run customer.toml --include-path-regex '^/customers/.id'
