#!/usr/bin/env bash
# Holds compose.yaml against the schema of the Compose specification, as it comes with the Compose package of PyPI.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${COMPOSE_VENV:-/var/tmp/customer360-compose}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" || { echo "missing: python3-venv"; exit 1; }
"$venv/bin/pip" install -q pyyaml jsonschema
schema=$venv/compose_spec.json
if [ ! -e "$schema" ]; then
  "$venv/bin/pip" download -q --no-deps --dest "$venv" docker-compose==1.29.2
  "$venv/bin/python" -m zipfile -e "$venv"/docker_compose-1.29.2-*.whl "$venv/wheel"
  cp "$venv/wheel/compose/config/compose_spec.json" "$schema"
fi
"$venv/bin/python" - "$schema" compose.yaml <<'PY'
import json, sys, jsonschema, yaml
schema, document = json.load(open(sys.argv[1])), yaml.safe_load(open(sys.argv[2]))
problems = sorted(jsonschema.Draft7Validator(schema).iter_errors(document), key=lambda e: list(e.path))
for problem in problems:
    print("compose.yaml: /" + "/".join(map(str, problem.path)) + ": " + problem.message)
print(f"compose.yaml: {len(document['services'])} services, {len(problems)} problems")
sys.exit(bool(problems))
PY
