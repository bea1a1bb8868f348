#!/usr/bin/env bash
# The sample mailbox delivered through a real Dovecot over TLS and pulled: sender and text of each message against the gold file, the
# replies of real programs cut; a second run brings nothing; another UIDVALIDITY is read anew and known; all wait until records name their
# senders; a pull of 2,000 more that is killed in the middle loses and doubles nothing. As root; needs Debian's dovecot-imapd.
# Usage: Benchmarks/Pull/imap.sh [FOLDER WITH customers.mbox, gold.json, reply_formats]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/service.sh
samples=${1:-${CUSTOMER360_DATA:-../shared/data}/emails}
mail=$folder/dovecot
mkdir -p "$mail"/{run,home,mail/{new,cur,tmp}}
chmod 711 "$folder" "$mail"
port=$((20000 + RANDOM % 10000))
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$mail/key.pem" -out "$mail/cert.pem" 2>/dev/null
cat >"$mail/dovecot.conf" <<CONF
base_dir = $mail/run
log_path = $mail/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <$mail/cert.pem
ssl_key = <$mail/key.pem
mail_location = maildir:$mail/mail
first_valid_uid = 1
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$mail/home
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = $port
  }
}
CONF
python3 - "$samples" "$mail/mail" <<'P'
import glob, os, re, sys
samples, box = sys.argv[1:]
raw = open(samples + '/customers.mbox', 'rb').read()
messages = re.split(rb'(?m)^From MAILER-DAEMON .*\n', raw)[1:]
for n, m in enumerate(messages):
    open(f'{box}/new/{1700000000 + n}.m{n}.x', 'wb').write(re.sub(rb'(?m)^>(>*From )', rb'\1', m.rstrip(b'\n') + b'\n'))
for n, path in enumerate(sorted(glob.glob(samples + '/reply_formats/*.eml'))):
    open(f'{box}/new/{1800000000 + n}.r{n}.x', 'wb').write(open(path, 'rb').read())
P
chown -R mail:mail "$mail/mail" "$mail/home"
/usr/sbin/dovecot -F -c "$mail/dovecot.conf" &
companions+=($!)
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
start_service
export CUSTOMER360_IMAP_PASSWORD=secret
pull() {
  "$program" pull imap --name care --server "imaps://localhost:$port" --user care --ca "$mail/cert.pem" \
    --data-dir "$folder/data" --rejects "$folder/rejects" 2>>"$folder/log" | tail -n 1
}
pull
"$program" export --kind interactions --data-dir "$folder/data" --out "$folder/interactions" >/dev/null 2>>"$folder/log"
python3 - "$samples" "$folder/interactions" <<'P'
import collections, glob, json, os, sys
samples, path = sys.argv[1:]
files = [path] if os.path.isfile(path) else glob.glob(path + '/*')
stored = {}
for f in files:
    for line in open(f):
        i = json.loads(line); stored[i.get('attributes', {}).get('messageId') or i.get('interactionId') or i['_id']] = i
gold = json.load(open(samples + '/gold.json'))
def f1(a, b):
    a, b = collections.Counter(a.split()), collections.Counter(b.split())
    total = sum(a.values()) + sum(b.values())
    return 1 if total == 0 else 2 * sum((a & b).values()) / total
found = [(g, stored.get(g['message_id'])) for g in gold]
scores = [f1(g['text'], i.get('text', '')) if i else 0 for g, i in found]
senders = sum(1 for g, i in found if i and i.get('from') == g['from_email'])
print(f"gold: {len(gold)} messages, {sum(i is not None for _, i in found)} stored, {senders} senders equal, "
      f"text F1 {sum(scores) / len(scores):.4f}, at least .98: {sum(s >= .98 for s in scores)}")
replies = [i for k, i in stored.items() if k not in {g['message_id'] for g in gold}]
print(f"reply formats: {len(replies)} stored, {sum(i.get('text') == 'Hello' for i in replies)} say 'Hello' and nothing else")
P
again() { # what a pull of the whole says: nothing may be new
  local said
  said=$(pull)
  echo "$1: $said"
  [[ $said == *"$2 read, 0 new"* ]] || { echo "expected $2 read, 0 new" >&2; exit 1; }
}
again "a second run" 0
for unread in "$mail"/mail/*/*; do [[ $unread != *:2,*S* ]] || { echo "marked as read: $unread" >&2; exit 1; }; done
count=$(ls "$mail"/mail/new "$mail"/mail/cur | grep -c x)
doveadm -c "$mail/dovecot.conf" mailbox update -u care --uid-validity 4242 INBOX
again "another UIDVALIDITY" "$count"

# No record names a sender yet: everything waits.
waiting() { curl -fs "$url/sources" | python3 -c 'import json, sys; print(json.load(sys.stdin)["parkedInteractions"])'; }
expect_waiting() {
  for _ in $(seq 150); do [[ $(waiting) != "$1" ]] || return 0; sleep 0.2; done
  echo "$(waiting) parked, expected $1" >&2
  exit 1
}
expect_waiting "$count"
echo "parked: $count"
# Records that name the senders: every message of theirs joins its customer.
python3 - "$samples/gold.json" "$folder/senders.ndjson" <<'P'
import json, sys
with open(sys.argv[2], 'w') as out:
    for n, address in enumerate(sorted({g['from_email'].lower() for g in json.load(open(sys.argv[1]))})):
        out.write(json.dumps({'source': 'crm', 'sourceId': str(n), 'email': address}) + '\n')
P
read -r senders rest <<<"$(python3 - "$samples/gold.json" "$folder/interactions" <<'P'
import glob, json, os, sys
known = {g['from_email'].lower() for g in json.load(open(sys.argv[1]))}
files = [sys.argv[2]] if os.path.isfile(sys.argv[2]) else glob.glob(sys.argv[2] + '/*')
print(len(known), sum(json.loads(line).get('from', '').lower() not in known for f in files for line in open(f)))
P
)"
curl -fs -o /dev/null -H 'Content-Type: application/x-ndjson' --data-binary "@$folder/senders.ndjson" "$url/ingest/customers"
expect_waiting "$rest"
echo "after $senders records that name senders: $rest parked, of senders whom no record names"

# 2,000 more, and a pull that is killed again and again.
python3 - "$mail/mail/new" <<'P'
import sys
for n in range(2000):
    with open(f'{sys.argv[1]}/{1900000000 + n}.k{n}.x', 'w') as out:
        out.write(f'From: k{n % 50}@example.org\nMessage-ID: <k{n}@example.org>\nDate: Fri, 1 Mar 2024 08:00:00 +0000\n\nMessage {n}.\n')
P
chown -R mail:mail "$mail/mail"
kills=0
for _ in $(seq 40); do
  ((kills < 5)) || break
  "$program" pull imap --name care --server "imaps://localhost:$port" --user care --ca "$mail/cert.pem" \
    --data-dir "$folder/data" --rejects "$folder/rejects" >>"$folder/log" 2>&1 &
  pid=$!
  sleep "0.$((RANDOM % 6 + 3))"
  ! kill -9 "$pid" 2>/dev/null || kills=$((kills + 1))
  wait "$pid" 2>/dev/null || true
done
echo "after $kills kills: $(pull)"
"$program" export --kind interactions --data-dir "$folder/data" --out "$folder/all" >/dev/null 2>>"$folder/log"
python3 - "$folder/all" "$((count + 2000))" <<'P'
import glob, json, os, sys
files = [sys.argv[1]] if os.path.isfile(sys.argv[1]) else glob.glob(sys.argv[1] + '/*')
ids = [json.loads(line)['interactionId'] for f in files for line in open(f)]
print(f'in the mailbox {sys.argv[2]}, stored {len(ids)}, distinct {len(set(ids))}')
sys.exit(not len(ids) == len(set(ids)) == int(sys.argv[2]))
P
