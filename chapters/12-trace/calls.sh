#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The system calls of an echo_server, and which thread makes each.
#
#    chapters/12-trace/calls.sh request       a client sends a line, and stays for 3 s
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
listens
sleep 0.3
wc -l <"$work/calls" >"$work/before"
case ${1:-request} in
  request)
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    echo hello >&3
    read -r _ <&3
    sleep 3.5
    exec 3>&-
    ;;
  two)
    server=$(traced_pid)
    kill -STOP "$server"
    until_true all_stopped "$server"
    exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port"
    kill -CONT "$server"
    until_true grep -q 'accept4.*EAGAIN' "$work/calls"
    ;;
  half-close)
    echo hello | timeout 5 nc -N 127.0.0.1 "$port" >/dev/null
    ;;
esac
sleep 0.5
# What came after the server was ready.
calls | tail -n "+$(($(cat "$work/before") + 1))" |
  awk '{ if (!($1 in name)) name[$1] = "thread-" ++n; $1 = name[$1]; print }' |
  sed -E 's/data=\{[^}]*\}/data=…/; s/0x[0-9a-f]+/…/g'
