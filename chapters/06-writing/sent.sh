#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Which system call sends the reply, in each of the four ways, and of how many
# pieces?
#
#    chapters/06-writing/sent.sh [four_ways]
#
# What to look for: msg_iov is the array of pieces, iov_len the length of each.
# Without an argument it runs build/release/bin/four_ways. Exit status 77:
# strace may not trace here.
set -eu
program=${1:-"$(dirname "$0")/../../build/release/bin/four_ways"}
if ! strace -o /dev/null true 2>/dev/null; then
  echo "strace may not trace here" >&2
  exit 77
fi
calls=$(mktemp)
trap 'rm -f "$calls"' EXIT
timeout 30 strace -qq -s 8 -o "$calls" -e trace=sendmsg,sendto "$program" >/dev/null
cat "$calls"
