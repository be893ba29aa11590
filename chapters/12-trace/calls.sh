#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The system calls of an echo_server, and which thread makes each.
#
#    chapters/12-trace/calls.sh request       a client sends a line, and stays till nothing is due
#    chapters/12-trace/calls.sh two           two clients come while the server is stopped
#    chapters/12-trace/calls.sh half-close    a client sends a line and a FIN at once
#
# The threads are numbered in the order in which they first call. Exit status 77:
# strace may not trace here.
set -euo pipefail
cd "$(dirname "$0")/../.."
. chapters/traced.sh
traced accept4,recvfrom,sendto,sendmsg,epoll_wait,epoll_ctl,close \
  build/release/bin/echo_server --addr 127.0.0.1:0 --pollers 1
# A thread sleeps in an epoll_wait that has no timeout.
waits_for_ever() {
  grep -lqE '^[0-9]+ 0x[0-9a-f]+ 0x[0-9a-f]+ 0x80 0xf{8}' "/proc/$server/task/"*/syscall
}
ended() { calls | grep -cE ' = |\+\+\+|---'; }

until_true told
find_traced
until_true all_asleep "$server"
before=$(ended)
case ${1:-request} in
  request)
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    echo hello >&3
    read -r _ <&3
    until_true waits_for_ever
    exec 3>&-
    until_true grep -q 'close(6' "$work/calls"
    ;;
  two)
    kill -STOP "$server"
    until_true all_stopped "$server"
    exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port"
    kill -CONT "$server"
    until_true grep -q 'accept4.*EAGAIN' "$work/calls"
    ;;
  half-close)
    echo hello | timeout 5 nc -N 127.0.0.1 "$port" >/dev/null
    until_true grep -q 'close(6' "$work/calls"
    ;;
esac
# Until nothing is due any more, two seconds after the last event.
until_true waits_for_ever
until_true all_asleep "$server"
# What came after the server was ready, but for the epoll_wait that a stop interrupts: on
# some runs the kernel goes on with it.
calls | tail -n "+$((before + 1))" | { grep -v 'EINTR' || true; } |
  awk '{ if (!($1 in name)) name[$1] = "thread-" ++n; $1 = name[$1]; print }' |
  sed -E 's/data=\{[^}]*\}/data=…/; s/0x[0-9a-f]+/…/g'
