#!/usr/bin/env bash
# A fleet of five roots, each with an agent and a small apt repository, is scanned and patched in two waves. The second
# wave stops by itself at a broken package, is mended and resumed. A machine's restart and an agent's are survived, and
# the log names the command behind each change.
#
# It needs reeve, reeve-agent, nats-server, aws, apt-get and dpkg-deb, and root for dpkg. All of it lies in a folder of
# its own that is removed at the end: nothing of this machine is patched or restarted.
. "$(dirname "$0")/lib.sh"

readonly NODES=5 SUITE=stable-security
architecture=$(dpkg --print-architecture)

clean_up() {
  rm -f "$folder/is-on"
  for file in "$folder"/agent-*.pid; do
    [ -e "$file" ] && kill -TERM "$(cat "$file")" 2>/dev/null || true
  done
  end "${up:-}"
}
trap clean_up EXIT

# Makes a version of a package; a broken one cannot be configured.
build() { # name version [broken]
  local made="$folder/build/$1_$2"
  mkdir -p "$made/DEBIAN" "$made/usr/share/$1"
  printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: A <a@example.org>\nPriority: optional\nSection: misc\nDescription: for a story\n' \
    "$1" "$2" "$architecture" > "$made/DEBIAN/control"
  echo "$2" > "$made/usr/share/$1/version"
  if [ "${3:-}" = broken ]; then
    printf '#!/bin/sh\nexit 1\n' > "$made/DEBIAN/postinst"
    chmod 755 "$made/DEBIAN/postinst"
  fi
  mkdir -p "$folder/repository/pool"
  dpkg-deb --root-owner-group --build "$made" "$folder/repository/pool/$1_$2.deb" > /dev/null
}

# Writes the repository's index with these versions, as security fixes.
publish() { # name_version …
  local of="main/binary-$architecture/Packages" index
  index="$folder/repository/dists/$SUITE/$of"
  mkdir -p "$(dirname "$index")"
  : > "$index"
  for each in "$@"; do
    local file="$folder/repository/pool/$each.deb"
    dpkg-deb --field "$file" >> "$index"
    printf 'Filename: pool/%s.deb\nSize: %s\nSHA256: %s\n\n' \
      "$each" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)" >> "$index"
  done
  printf 'Origin: Debian\nLabel: Debian-Security\nSuite: %s\nCodename: %s\nArchitectures: %s\nComponents: main\nSHA256:\n %s %s %s\n' \
    "$SUITE" "$SUITE" "$architecture" "$(sha256sum "$index" | cut -d' ' -f1)" "$(stat -c %s "$index")" "$of" \
    > "$folder/repository/dists/$SUITE/Release"
}

# Makes a root with these packages.
make_root() { # number name_version …
  local root="$folder/root-$1"
  shift
  mkdir -p "$root"/{etc/apt/{preferences.d,apt.conf.d,trusted.gpg.d},var/lib/apt/lists/partial,var/cache/apt/archives/partial} \
    "$root"/{var/lib/dpkg/{info,updates,triggers},var/log/apt,run,tmp}
  : > "$root/var/lib/dpkg/status"
  printf 'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n' > "$root/etc/os-release"
  echo "deb [trusted=yes] file:$folder/repository $SUITE main" > "$root/etc/apt/sources.list"
  for each in "$@"; do
    dpkg "--root=$root" --force-depends --force-script-chrootless -i "$folder/repository/pool/$each.deb" > /dev/null
  done
}

# Runs the agent of a root, and starts it again when it has ended: as a machine's supervisor does.
supervise() { # number
  local n=$1
  while [ -e "$folder/is-on" ]; do
    REEVE_AGENT_PACKAGE_ROOT="$folder/root-$n" REEVE_AGENT_BOOT_ID_FILE="$folder/boot-$n" \
      REEVE_AGENT_REBOOT_COMMAND="$folder/restart $n" reeve-agent --data "$folder/agent-$n" \
      >> "$folder/agent-$n.log" 2>&1 &
    echo $! > "$folder/agent-$n.pid"
    wait $! || true
    sleep 0.2
  done
}

version() { # number name
  dpkg-query "--admindir=$folder/root-$1/var/lib/dpkg" -W -f '${db:Status-Status} ${Version}' "$2"
}

expect_version() { # number name version
  [ "$(version "$1" "$2")" = "installed $3" ] || fail "$2 on node $1 is $(version "$1" "$2"), and not $3"
}

online() {
  [ "$(aws ssm describe-instance-information --filters Key=PingStatus,Values=Online \
    --query 'length(InstanceInformationList)')" = "$NODES" ]
}

say "A fleet of $NODES roots, with packages that have security fixes"
for each in tool library fragile; do build "$each" 1.0; done
build tool 1.1
build library 1.1
build fragile 1.1 broken
publish tool_1.1 library_1.1 fragile_1.1
for n in 1 2; do make_root "$n" tool_1.0 library_1.0; done
for n in 3 4 5; do make_root "$n" tool_1.0 library_1.0 fragile_1.0; done

# What stands for a machine's restart: another boot id, no flag that asks for a restart, and an agent that is gone.
cat > "$folder/restart" <<RESTART
#!/bin/sh
echo "restarted \$(date +%s%N)" > "$folder/boot-\$1"
rm -f "$folder/root-\$1/run/reboot-required"
echo "node \$1" >> "$folder/restarts"
kill -9 "\$(cat "$folder/agent-\$1.pid")"
RESTART
chmod 755 "$folder/restart"
: > "$folder/restarts"
touch "$folder/is-on"

start_instance --nodes 0
activation=$(aws ssm create-activation --iam-role fleet --registration-limit "$NODES" --output text \
  --query '[ActivationId,ActivationCode]')
REEVE_GATEWAY=$AWS_ENDPOINT_URL_SSM
REEVE_ACTIVATION_ID=$(echo "$activation" | cut -f1)
REEVE_ACTIVATION_CODE=$(echo "$activation" | cut -f2)
for n in $(seq "$NODES"); do
  echo "first" > "$folder/boot-$n"
  REEVE_GATEWAY=$REEVE_GATEWAY REEVE_ACTIVATION_ID=$REEVE_ACTIVATION_ID \
    REEVE_ACTIVATION_CODE=$REEVE_ACTIVATION_CODE supervise "$n" &
done
wait_for "the fleet" online
nodes=()
for n in $(seq "$NODES"); do
  nodes+=("$(grep -o '"node_id": *"[^"]*"' "$folder/agent-$n/identity.json" | cut -d'"' -f4)")
done

say "What would be done on a node"
reeve patch install --dry-run --nodes "${nodes[2]}"

say "It is scanned: nothing is installed"
reeve patch scan
all_missing() {
  [ "$(aws ssm describe-instance-patch-states --instance-ids "${nodes[@]}" \
    --query 'sum(InstancePatchStates[].MissingCount)')" = 13 ]
}
wait_for "13 missing patches on five nodes" all_missing
expect_version 1 tool 1.0
begun=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)

say "It is patched in two waves, with a look at the nodes between them: the second one stops by itself"
cat > "$folder/healthy.json" <<'HEALTHY'
{"schemaVersion": "2.2", "mainSteps": [
  {"action": "aws:runShellScript", "name": "look", "inputs": {"runCommand": ["echo well"]}}]}
HEALTHY
aws ssm create-document --name Story-Healthy --document-type Command --content "file://$folder/healthy.json" > /dev/null
touch "$folder/root-1/run/reboot-required"
code=0
reeve patch install --waves 2 --health-document Story-Healthy --nodes "$(IFS=,; echo "${nodes[*]}")" \
  > "$folder/install.txt" || code=$?
cat "$folder/install.txt"
[ "$code" -ne 0 ] || fail "the roll-out did not stop"
grep -q 'Stopped, because' "$folder/install.txt" || fail "it is not said why it stopped"
grep -q 'fragile.*1.1' "$folder/install.txt" || fail "the package is not named"
for n in 1 2; do expect_version "$n" tool 1.1; expect_version "$n" library 1.1; done
[ "$(cat "$folder/restarts")" = "node 1" ] || fail "node 1 alone was to be restarted: $(cat "$folder/restarts")"
rollout=$(sed -n 's/^roll-out \([0-9a-f-]*\);.*/\1/p' "$folder/install.txt")

say "An agent is started again, the package is mended, and the roll-out goes on"
kill -9 "$(cat "$folder/agent-4.pid")"
build fragile 1.2
publish tool_1.1 library_1.1 fragile_1.2
wait_for "the fleet" online
reeve patch resume "$rollout" > "$folder/resume.txt" || { cat "$folder/resume.txt"; fail "it does not go on"; }
cat "$folder/resume.txt"
for n in 3 4 5; do expect_version "$n" fragile 1.2; expect_version "$n" tool 1.1; done
reeve patch rollouts

say "Every node is as its baseline wants it"
clean() {
  [ "$(aws ssm describe-instance-patch-states --instance-ids "${nodes[@]}" \
    --query 'sum(InstancePatchStates[].[MissingCount,FailedCount][])')" = 0 ]
}
wait_for "a fleet without missing and failed patches" clean
reeve patch status

say "The log names the run as the cause of each change"
reeve inventory diff "$begun" --type AWS:PatchCompliance > "$folder/diff.txt"
cat "$folder/diff.txt"
grep -ho 'command [0-9a-f-]*' "$folder/install.txt" "$folder/resume.txt" | cut -d' ' -f2 | sort -u > "$folder/commands"
changes=0
# The first line is the heading.
while IFS= read -r line; do
  command=$(echo "$line" | grep -o 'command [0-9a-f-]*$' | cut -d' ' -f2) || fail "no command caused: $line"
  grep -qx -- "$command" "$folder/commands" || fail "$command is none of the roll-out's: $line"
  changes=$((changes + 1))
done < <(tail -n +2 "$folder/diff.txt")
[ "$changes" -ge 13 ] || fail "only $changes changes are told"
say "Told: $changes changes, each with the command that caused it"
