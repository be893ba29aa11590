# SPDX-License-Identifier: Apache-2.0
#
# For the scripts of the chapters: a program under strace, which ends with the
# script, and the lines that strace writes.
#
#    . chapters/traced.sh                at the top of the tree; waits.sh comes with it
#    traced accept4,read SERVER …        starts it; its calls go to $work/calls
#    until_true told                     waits until it has said where; sets $port
#    until_true sleeps_in 'read\(4,'     waits until its one thread is in that call
#    find_traced                         sets $server, the number of the traced program
#    calls                               what strace has written, a call in a line
#
# strace writes a call's name before the call sleeps. So once a thread sleeps, all that
# it has called is in the file. A script ends with status 77 where strace may not trace.
. chapters/waits.sh
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
  timeout 60 strace -f -o "$work/calls" -e signal=none -e "trace=$which" "$@" >"$work/out" &
  tracer=$!
}

# Once it has written, so that it has begun.
find_traced() {
  child_of "$tracer"
  child_of "$child"
  server=$child
}

# The last line of the file is the beginning of such a call, which has not returned. The
# file as it was at that moment is kept in $work/seen: a wait with a timeout ends soon.
sleeps_in() {
  cp "$work/calls" "$work/seen"
  [[ $(tail -n 1 "$work/seen") =~ ^[0-9]+\ +$1\ *$ ]]
}

# Of a call that another thread's interrupted strace writes two lines: they are put
# together where the call ends. The calls that have not returned come last.
calls() {
  awk '/<unfinished \.\.\.>$/ { sub(/ *<unfinished \.\.\.>$/, ""); begun[$1] = $0; next }
       / resumed>/ {
         id = $1
         sub(/^[^>]*> */, "")
         $0 = begun[id] (begun[id] ~ /,$/ ? " " : "") $0
         delete begun[id]
       }
       !/ = |\+\+\+|---/ { begun[$1] = $0; next }
       { sub(/\) += /, ") = "); print }
       END { for (id in begun) print begun[id] }' "${1:-$work/calls}"
}
