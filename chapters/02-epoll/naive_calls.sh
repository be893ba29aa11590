#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The system calls of the naive server for one line of one client.
#
#    chapters/02-epoll/naive_calls.sh
#
# What to look for: the call that changes nothing. Exit status 77: strace may not
# trace here.
set -euo pipefail
cd "$(dirname "$0")/../.."
. chapters/traced.sh
traced epoll_wait,epoll_ctl,accept4,recvfrom,sendto,sendmsg build/release/bin/naive_echo 10
until_true told
exec 3<>"/dev/tcp/127.0.0.1/$port"
echo hello >&3
read -r _ <&3
until_true sleeps_in 'epoll_wait\(4,'
# An epoll_wait that ended without an event is left out.
calls "$work/seen" | sed -E 's/^[0-9]+ +//; s/data=(\{[^}]*\}|0x[0-9a-f]+)/data={…}/' |
  grep -vE '^epoll_wait.* = 0$' | grep -A9 '^accept4'
