#!/usr/bin/env bash
# An alert of Alertmanager becomes an OpsItem, an incident by a response plan, and a page to a webhook and by mail. It is
# acknowledged, a document runs on the node, the alert ends. Then: the same incident as it was known before, and what a
# changed rule would have done.
#
# It needs reeve, reeve-agent, nats-server, aws, curl, and a Python with aiosmtpd beside aws. All of it lies in a folder of its
# own that is removed at the end.
. "$(dirname "$0")/lib.sh"

python=$(dirname "$(command -v aws)")/python

trap 'end "${up:-}" "${pager:-}" "${mail:-}"' EXIT

# A value at a path of JSON, such as data.details.pageArn, of the last line of a file.
last() { # file path
  "$python" -c 'import functools, json, sys
line = open(sys.argv[1]).read().splitlines()[-1]
print(functools.reduce(lambda value, key: value[key], sys.argv[2].split("."), json.loads(line)))' "$1" "$2"
}

has_lines() { # file count
  [ -e "$1" ] && [ "$(wc -l < "$1")" -ge "$2" ]
}

say "Somebody's pager, which is a webhook, and a mail server"
cat > "$folder/pager.py" <<'PAGER'
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with open("pages", "a") as pages:
            print(json.dumps(body), file=pages)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
open("pager-port", "w").write(str(server.server_port))
server.serve_forever()
PAGER
cat > "$folder/mail.py" <<'MAIL'
import json, socket, threading
from aiosmtpd.controller import Controller
class Handler:
    async def handle_DATA(self, server, session, envelope):
        with open("letters", "a") as letters:
            print(json.dumps({"to": envelope.rcpt_tos, "letter": envelope.content.decode()}), file=letters)
        return "250 2.0.0 taken"
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
Controller(Handler(), hostname="127.0.0.1", port=port).start()
open("mail-port", "w").write(str(port))
threading.Event().wait()
MAIL
(cd "$folder" && exec "$python" pager.py) & pager=$!
(cd "$folder" && exec "$python" mail.py) & mail=$!
wait_for "the pager" test -s "$folder/pager-port"
wait_for "the mail server" test -s "$folder/mail-port"

say "An instance with a node"
start_instance
one_node() { [ "$(aws ssm describe-instance-information --query 'length(InstanceInformationList)')" = 1 ]; }
wait_for "the node" one_node
node=$(aws ssm describe-instance-information --query 'InstanceInformationList[0].InstanceId' --output text)

say "Ann is on call: her pager and her mailbox are channels, which she activates by the codes that come there"
reeve notifications put-webhook pager "http://127.0.0.1:$(cat "$folder/pager-port")/" --allow-private-addresses > /dev/null
reeve notifications put-mail-server 127.0.0.1 --port "$(cat "$folder/mail-port")" --security NONE --sender 'Reeve <ops@example.org>'
ann=$(aws ssm-contacts create-contact --alias ann --type PERSONAL --plan '{"Stages": []}' --query ContactArn --output text)
channel() { # name address
  aws ssm-contacts create-contact-channel --contact-id "$ann" --type EMAIL --name "$1" --delivery-address "SimpleAddress=$2" \
    --query ContactChannelArn --output text
}
pager_channel=$(channel pager webhook:pager)
wait_for "the pager's code" has_lines "$folder/pages" 1
aws ssm-contacts activate-contact-channel --contact-channel-id "$pager_channel" \
  --activation-code "$(last "$folder/pages" data.details.activationCode)"
mail_channel=$(channel mail ann@example.org)
wait_for "the code by mail" has_lines "$folder/letters" 1
code=$(last "$folder/letters" letter | grep -oE '[0-9]{6,10}' | tail -1)
aws ssm-contacts activate-contact-channel --contact-channel-id "$mail_channel" --activation-code "$code"
target() { printf '{"ChannelTargetInfo": {"ContactChannelId": "%s"}}' "$1"; }
aws ssm-contacts update-contact --contact-id "$ann" \
  --plan "{\"Stages\": [{\"DurationInMinutes\": 5, \"Targets\": [$(target "$pager_channel"), $(target "$mail_channel")]}]}"

say "A response plan engages her, and a rule starts its incidents for critical alerts"
plan=$(aws ssm-incidents create-response-plan --name shop --engagements "$ann" \
  --incident-template 'title=The shop is down,impact=1,dedupeString=shop' --query arn --output text)
aws events put-rule --name critical > /dev/null \
  --event-pattern '{"source": [{"prefix": "alertmanager."}], "detail": {"status": ["firing"], "labels": {"severity": ["critical"]}}}'
aws events put-targets --rule critical --targets "[{\"Id\": \"incident\", \"Arn\": \"$plan\"}]" > /dev/null
token=$(reeve access create-source alertmanager)

alert() { # status
  local ends=0001-01-01T00:00:00Z
  [ "$1" = firing ] || ends=$(date -u +%FT%TZ)
  curl -sS --fail-with-body "$AWS_ENDPOINT_URL_SSM/webhooks/alertmanager" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' -d @- > /dev/null <<ALERT
{"version": "4", "groupKey": "{}:{alertname=\"ShopDown\"}", "truncatedAlerts": 0, "status": "$1", "receiver": "reeve",
 "groupLabels": {"alertname": "ShopDown"}, "commonLabels": {"alertname": "ShopDown", "severity": "critical"},
 "commonAnnotations": {}, "externalURL": "http://alertmanager.example",
 "alerts": [{"status": "$1", "labels": {"alertname": "ShopDown", "severity": "critical"},
   "annotations": {"summary": "Nobody can buy."}, "startsAt": "$starts", "endsAt": "$ends",
   "generatorURL": "http://prometheus.example", "fingerprint": "0123456789abcdef"}]}
ALERT
}

say "The alert fires"
before=$(date -u +%FT%TZ)
starts=$before
alert firing
items() { # status count
  [ "$(aws ssm describe-ops-items --ops-item-filters "Key=Status,Values=$1,Operator=Equal" \
    'Key=Title,Values=Nobody can buy,Operator=Contains' --query 'length(OpsItemSummaries)')" = "$2" ]
}
wait_for "the OpsItem" items Open 1
wait_for "the page on the pager" has_lines "$folder/pages" 2
wait_for "the page by mail" has_lines "$folder/letters" 2
incident=$(aws ssm-incidents list-incident-records --query 'incidentRecordSummaries[0].arn' --output text)
case $(last "$folder/letters" letter) in *"The shop is down"*) ;; *) fail "the letter does not say what is wrong" ;; esac
sleep 1
known=$(date -u +%FT%TZ)
sleep 1

say "She acknowledges the page, and mends the node"
aws ssm-contacts accept-page --page-id "$(last "$folder/pages" data.details.pageArn)" --accept-type READ \
  --accept-code "$(last "$folder/pages" data.details.acceptCode)"
reeve run --nodes "$node" -- 'echo the shop is up again' | grep -q 'the shop is up again'
alert resolved
wait_for "the OpsItem is resolved" items Resolved 1
reeve incidents resolve "$incident"
resolved() { [ "$(aws ssm-incidents get-incident-record --arn "$incident" --query incidentRecord.status --output text)" = RESOLVED ]; }
wait_for "the incident is resolved" resolved
has_lines "$folder/pages" 3 && fail "she was paged after she had acknowledged"

say "The incident as it was known before she had acknowledged, and now"
reeve incidents show "$incident" --known-at "$known" > "$folder/then"
reeve incidents show "$incident" > "$folder/now"
grep -qi 'acknowledged' "$folder/now" || fail "$(cat "$folder/now")"
! grep -qi 'acknowledged' "$folder/then" || fail "$(cat "$folder/then")"
cat "$folder/now"

say "What a changed rule would have done"
echo '{"source": [{"prefix": "alertmanager."}], "detail": {"labels": {"alertname": [{"prefix": "Shop"}]}}}' > "$folder/changed.json"
reeve rules backtest --pattern "$folder/changed.json" --from "$before" | tee "$folder/backtest"
grep -q 'and 2 match' "$folder/backtest" || fail "the backtest finds another number of events"
reeve doctor || true
say "An alert was an OpsItem, an incident and two pages; one acknowledgement ended them"
