#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# In which call does a server of one thread sleep, and what does a line of its
# client make it do?
#
#    chapters/01-blocking/see_the_wait.sh
#
# What to look for: the call that has no end. Exit status 77: strace may not trace
# here.
set -euo pipefail
cd "$(dirname "$0")/../.."
. chapters/traced.sh
port=$((20000 + RANDOM % 20000))
traced accept,read,write build/release/bin/echo_one "$port"
until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do sleep 0.1; done
sleep 0.3
echo "connected, and silent:"
sed -E 's/^[0-9]+ +//' "$work/calls" | grep -A9 '^accept'
echo
echo "after the line \"hello\":"
echo hello >&3
sleep 0.3
sed -E 's/^[0-9]+ +//' "$work/calls" | grep -A9 '"hello'
echo
