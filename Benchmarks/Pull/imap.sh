#!/usr/bin/env bash
# The sample mailbox delivered through a real Dovecot over TLS and pulled: sender and text of each message against the gold file, the
# replies of real programs cut; a second run brings nothing; another UIDVALIDITY is read anew and known. As root; needs Debian's
# dovecot-imapd. Usage: Benchmarks/Pull/imap.sh [FOLDER WITH customers.mbox, gold.json, reply_formats]
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
pull
for unread in "$mail"/mail/*/*; do [[ $unread != *:2,*S* ]] || { echo "marked as read: $unread" >&2; exit 1; }; done
rm -f "$mail"/mail/dovecot*
pull
