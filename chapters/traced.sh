# SPDX-License-Identifier: Apache-2.0
#
# For the scripts of the chapters: a program under strace, which ends with the
# script, and the lines that strace writes.
#
#    . chapters/traced.sh                at the top of the tree
#    traced accept4,read SERVER …        starts it; its calls go to $work/calls
#    listens                             waits until it has said where; sets $port
#    until_true COMMAND …                waits for what a command sees; all_stopped PID is one
#    calls                               what strace has written, a call in a line
#
# A script ends with status 77 where strace may not trace.
work=$(mktemp -d)
trap 'kill "${tracer:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

if ! strace -o /dev/null true 2>/dev/null; then
  echo "strace may not trace here" >&2
  exit 77
fi

# As a child of strace the program ends with it, and with timeout in any case.
traced() {
  local which=$1
  shift
  timeout 30 strace -f -o "$work/calls" -e "trace=$which" "$@" >"$work/out" &
  tracer=$!
}

# "listening on 127.0.0.1:PORT", or "127.0.0.1 PORT".
listens() {
  for _ in $(seq 100); do
    port=$(sed -nE 's/^.*127\.0\.0\.1[: ]([0-9]+)$/\1/p' "$work/out")
    [ -n "$port" ] && return
    sleep 0.1
  done
  echo "no port" >&2
  exit 1
}

# The number of the traced program itself.
traced_pid() {
  local strace
  strace=$(awk '{ print $1 }' "/proc/$tracer/task/$tracer/children")
  awk '{ print $1 }' "/proc/$strace/task/$strace/children"
}

# Until the command succeeds, for five seconds at most.
until_true() {
  for _ in $(seq 50); do
    "$@" && return
    sleep 0.1
  done
}

# Every thread of the process is stopped, by the signal or by strace.
all_stopped() {
  cat "/proc/$1/task/"*/stat | awk '{ sub(/.*\) /, "") } !/^[Tt]/ { runs = 1 } END { exit runs }'
}

# Of a call that another thread's interrupted strace writes two lines: they are put
# together where the call ends.
calls() {
  awk '/<unfinished \.\.\.>$/ { sub(/ *<unfinished \.\.\.>$/, ""); begun[$1] = $0; next }
       / resumed>/ { sub(/^[^>]*>/, begun[id = $1]) }
       { print }' "$work/calls"
}
