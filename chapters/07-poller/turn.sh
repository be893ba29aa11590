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
server_file=${2:-build/release/bin/echo_server}
. chapters/traced.sh
traced epoll_wait,epoll_ctl,recvfrom,sendto,read,write,futex,sched_yield,clone3,prctl \
  "$server_file" --addr 127.0.0.1:0 --pollers 1 --runner "$runner"
until_true told
find_traced

exec 3<>"/dev/tcp/127.0.0.1/$port"
say() {
  until_true all_asleep "$server"
  printf '%s\n' "$1" >&3
  read -r _ <&3
  until_true all_asleep "$server"
}
# strace makes some requests slow, and an adaptive poller leaves the next ones to the
# workers. So "two" is sent until the poller itself has answered it, and waits again.
served() {
  say two
  [ "$runner" != adaptive ] || calls | awk '
    /recvfrom\(.*"two/ { receives = $1 } /sendto\(.*"two/ { sends = $1 }
    /epoll_wait\(/ { waits = $1 }
    END { exit receives != sends || receives != waits }'
}
say one
until_true served
[ "$runner" = adaptive ] && sleep 0.5  # the relief looks now and then: that is to be seen
exec 3>&-
until_true grep -q 'recvfrom.*"", 8' "$work/calls"  # the epoll_wait after "two" has ended
until_true all_asleep "$server"
calls >"$work/whole"

# poller: the thread that receives the last "two". From the epoll_wait before it to the
# next one that may sleep.
poller=$(awk '/recvfrom\(.*"two/ { thread = $1 } END { print thread }' "$work/whole")
twos=$(grep -c "^$poller .*recvfrom(.*\"two" "$work/whole")
sed -E -e "s/^$poller +/poller  /" -e 's/^[0-9]+ +/other   /' \
  -e 's/data=\{[^}]*\}/data=…/' -e 's/0x[0-9a-f]+/…/g' "$work/whole" |
  awk -v twos="$twos" 'done { next }
       /^poller +epoll_wait/ { last = $0; if (on) print; done = on && !/, 0\) +=/; next }
       /^poller +recvfrom.*"two/ && ++seen == twos { on = 1; print last }
       on { print }'
