#!/usr/bin/env bash
# A runbook with an approval and a loop of children runs a command on two of three nodes. A maintenance window starts it; a change
# calendar holds it back, and its opening lets it go on. The instance is killed in the middle: a child's command is interrupted,
# and the runbook goes on from there as a new execution that takes over what was done. Its simulation has predicted the path.
#
# It needs reeve, nats-server and aws. All of it lies in a folder of its own that is removed at the end.
. "$(dirname "$0")/lib.sh"

trap 'end "${up:-}"' EXIT

# A calendar that is closed between these seconds from now.
calendar() { # from to
  printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//AWS//Change Calendar 1.0//EN\r\nX-CALENDAR-TYPE:DEFAULT_OPEN\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:%s\r\nDTEND:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' \
    "$(date -u -d "$1 seconds" +%Y%m%dT%H%M%SZ)" "$(date -u -d "$2 seconds" +%Y%m%dT%H%M%SZ)"
}

execution() { # id query
  aws ssm get-automation-execution --automation-execution-id "$1" --query "AutomationExecution.$2" --output text
}

has_status() { # id status
  [ "$(execution "$1" AutomationExecutionStatus)" = "$2" ]
}

lines() { # file count
  [ "$(cat "$folder/$1" 2>/dev/null | wc -l)" = "$2" ]
}

# Everything is cut off as by a power failure, and starts again.
restart_killed() {
  kill -9 "$up"
  wait "$up" 2> /dev/null || true
  rm "$folder/data/instance.json"
  start_instance --nodes 3
}

say "An instance with three nodes; two of them are to be changed"
start_instance --nodes 3
three() { [ "$(aws ssm describe-instance-information --query 'length(InstanceInformationList)')" = 3 ]; }
wait_for "the nodes" three
read -r first second _ < <(aws ssm describe-instance-information --query 'InstanceInformationList[].InstanceId' --output text)

say "A runbook: somebody approves, then a child for each node runs a command"
cat > "$folder/child.json" <<CHILD
{"schemaVersion": "0.3", "parameters": {"Node": {"type": "String"}}, "mainSteps": [
  {"name": "change", "action": "aws:runCommand", "inputs": {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["{{ Node }}"],
    "Parameters": {"commands": ["echo {{ Node }} >> $folder/begun", "[ -e $folder/back ] || sleep 60", "echo {{ Node }} >> $folder/changed"]}}}]}
CHILD
cat > "$folder/parent.json" <<'PARENT'
{"schemaVersion": "0.3", "parameters": {"Nodes": {"type": "StringList"}}, "mainSteps": [
  {"name": "approve", "action": "aws:approve", "inputs": {"Approvers": ["administrator"], "Message": "May it?"}},
  {"name": "each", "action": "aws:loop", "inputs": {"Iterators": "{{ Nodes }}", "Steps": [
    {"name": "one", "action": "aws:executeAutomation", "inputs": {"DocumentName": "ChangeNode",
      "RuntimeParameters": {"Node": "{{ each.CurrentIteratorValue }}"}}}]}},
  {"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT0.1S"}}]}
PARENT
for each in "ChangeNode child" "ChangeFleet parent"; do
  read -r name file <<< "$each"
  aws ssm create-document --name "$name" --document-type Automation --content "file://$folder/$file.json" > /dev/null
done

say "What it would do"
reeve automation simulate ChangeFleet -p "Nodes=$first" -p "Nodes=$second" | tee "$folder/simulated"
grep -E '^(approve|each|one|rest) ' "$folder/simulated" | awk '{print $1, $4}' > "$folder/predicted"

say "A calendar is closed, and a rule holds runbooks while it is"
calendar -60 3600 > "$folder/freeze.ics"
aws ssm create-document --name freeze --document-type ChangeCalendar --document-format TEXT --content "file://$folder/freeze.ics" > /dev/null
rule() { reeve changes put-rule freeze --action StartAutomationExecution --document ChangeFleet --calendar freeze 2> /dev/null; }
wait_for "the calendar" rule
reeve changes rules

say "A maintenance window starts the runbook"
window=$(aws ssm create-maintenance-window --name night --schedule "at($(date -u -d '20 seconds' +%Y-%m-%dT%H:%M:%S))" --duration 2 --cutoff 1 \
  --allow-unassociated-targets --query WindowId --output text)
aws ssm register-task-with-maintenance-window --window-id "$window" --task-type AUTOMATION --task-arn ChangeFleet \
  --task-invocation-parameters "{\"Automation\": {\"Parameters\": {\"Nodes\": [\"$first\", \"$second\"]}}}" > /dev/null
started() {
  id=$(aws ssm describe-automation-executions --filters Key=DocumentNamePrefix,Values=ChangeFleet \
    --query 'AutomationExecutionMetadataList[0].AutomationExecutionId' --output text)
  [ "$id" != None ]
}
wait_for "the window" started
wait_for "the runbook waits" has_status "$id" Waiting
[ "$(execution "$id" CurrentAction)" = reeve:waitForCalendars ] || fail "it does not wait for its calendar"

say "The calendar opens, and the runbook goes on: to its approval"
calendar -60 -30 > "$folder/freeze.ics"
aws ssm update-document --name freeze --document-version '$LATEST' --document-format TEXT --content "file://$folder/freeze.ics" > /dev/null
aws ssm update-document-default-version --name freeze --document-version 2 > /dev/null
asked() { [ "$(execution "$id" CurrentStepName)" = approve ]; }
wait_for "the approval" asked
aws ssm send-automation-signal --automation-execution-id "$id" --signal-type Approve --payload 'Comment=go on'

say "Everything is killed while the first node is being changed"
wait_for "the command of the first child" lines begun 1
restart_killed
wait_for "it fails, as the command was interrupted" has_status "$id" Failed

say "The runbook goes on from the child's step that has failed"
touch "$folder/back"
resumed=$(reeve automation resume "$id")
wait_for "it succeeds" has_status "$resumed" Success
reeve automation show "$resumed"
[ "$(sort "$folder/changed")" = "$(printf '%s\n%s\n' "$first" "$second" | sort)" ] || fail "each node is not changed once: $(cat "$folder/changed")"
taken=$(execution "$resumed" "StepExecutions[?StepName=='approve'].Outputs.\"reeve:takenOverFrom\" | [0][0]")
[ "$taken" = "$id" ] || fail "the approval is not shown as taken over: $taken"

say "The path was the predicted one, behind the step that the rule has put in front of it"
aws ssm describe-automation-step-executions --automation-execution-id "$resumed" \
  --query 'StepExecutions[].[StepName, StepStatus]' --output text | awk '{print $1, $2}' | grep -v '^reeve:' | sort > "$folder/path"
sort "$folder/predicted" | diff - "$folder/path" || fail "another path"
lines begun 3 || fail "the command was interrupted on one node, and on no other: $(cat "$folder/begun")"
say "Each node was changed once, after an approval, a calendar and a kill"
