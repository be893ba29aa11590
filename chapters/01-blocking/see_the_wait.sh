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
until_true serves traced accept,read,write build/release/bin/echo_one
until_true sleeps_in 'read\(4,'
echo "connected, and silent:"
sed -E 's/^[0-9]+ +//' "$work/seen" | grep -A9 '^accept'
echo
echo "after the line \"hello\":"
echo hello >&3
read -r _ <&3
until_true sleeps_in 'read\(4,'
sed -E 's/^[0-9]+ +//' "$work/seen" | grep -A9 '"hello'
echo
