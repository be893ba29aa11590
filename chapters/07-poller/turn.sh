#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The system calls of one request, from the epoll_wait that reports it to the
# epoll_wait in which the poller sleeps again.
#
#    chapters/07-poller/turn.sh [pool|inline|adaptive] [echo_server]
#
# A client sends "one", waits for the answer, lets everybody fall asleep, and
# sends "two"; the calls for "two" are printed, each with its thread. What to
# look for: which thread calls recvfrom and sendto; the futex that wakes a
# worker, and when it is missing; the timeout of the epoll_wait that follows.
# Without its second argument it runs build/release/bin/echo_server. Exit status
# 77: strace may not trace here.
set -euo pipefail
cd "$(dirname "$0")/../.."
runner=${1:-pool}
server=${2:-build/release/bin/echo_server}
work=$(mktemp -d)
trap 'kill "${tracer:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

if ! strace -o /dev/null true 2>/dev/null; then
  echo "strace may not trace here" >&2
  exit 77
fi

# As a child of strace the server ends with it, and with timeout in any case.
timeout 30 strace -f -o "$work/calls" \
  -e trace=epoll_wait,epoll_ctl,recvfrom,sendto,read,write,futex,sched_yield,clone3,prctl \
  "$server" --addr 127.0.0.1:0 --pollers 1 --runner "$runner" >"$work/out" &
tracer=$!
for _ in $(seq 100); do
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/out")
  [ -n "$port" ] && break
  sleep 0.1
done

exec 3<>"/dev/tcp/127.0.0.1/$port"
# strace makes the first request slow. So an adaptive poller leaves the second to
# the workers, and tries the third itself.
words="one two"
[ "$runner" = adaptive ] && words="one more two"
for word in $words; do
  sleep 0.5
  printf '%s\n' "$word" >&3
  read -r _ <&3
done
sleep 0.5
exec 3>&-
kill "$tracer"
wait "$tracer" 2>/dev/null || true

# Of a call that was interrupted by another thread's, strace writes two lines:
# they are put together where the call ends.
awk '/<unfinished \.\.\.>$/ { sub(/ *<unfinished \.\.\.>$/, ""); begun[$1] = $0; next }
     / resumed>/ { sub(/^[^>]*>/, begun[id = $1]) }
     { print }' "$work/calls" >"$work/whole"

# poller: the thread that receives. From the epoll_wait before "two" to the next
# one that may sleep.
poller=$(sed -n '/recvfrom(.*"two/ { s/ .*//p; q }' "$work/whole")
sed -E -e "s/^$poller /poller  /" -e 's/^[0-9]+ /other   /' \
  -e 's/data=\{[^}]*\}/data=…/' -e 's/0x[0-9a-f]+/…/g' "$work/whole" |
  awk 'done { next }
       /^poller +epoll_wait/ { last = $0; if (on) print; done = on && !/, 0\) +=/; next }
       /^poller +recvfrom.*"two/ { on = 1; print last }
       on { print }'
