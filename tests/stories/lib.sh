# What the stories share: sourced by each of them, first thing.
set -euo pipefail

repository_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH="$repository_root/.tools/bin:$PATH:$repository_root/target/debug"
export LC_ALL=C.UTF-8 AWS_PAGER=
unset REEVE_DATA REEVE_GATEWAY REEVE_HTTP AWS_ENDPOINT_URL AWS_ENDPOINT_URL_SSM AWS_PROFILE AWS_SESSION_TOKEN
folder=$(mktemp -d)

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'The story fails: %s\n' "$*" >&2; exit 1; }

# Ends these processes, those that there are, and what the story has written.
end() { # process …
  for process in "$@"; do
    [ -n "$process" ] && kill -TERM "$process" 2>/dev/null || true
  done
  wait || true
  rm -rf "$folder"
}

wait_for() { # what command …
  local what=$1 tries=0
  shift
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "$what does not come to be"
    sleep 0.2
  done
}

# Starts an instance, whose process is $up, and makes it the one that reeve and aws mean.
start_instance() { # options of up …
  reeve --data "$folder/data" up --http 127.0.0.1:0 "$@" > "$folder/up.log" 2>&1 &
  up=$!
  wait_for "the instance" test -e "$folder/data/instance.json"
  export REEVE_DATA="$folder/data"
  eval "$(reeve env)"
}
