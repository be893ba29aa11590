#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How often do the threads of echo_threads go to sleep while one of two clients
# sends ten lines, one at a time?
#
#    chapters/01-blocking/switches.sh
#
# Each line: a thread, and by how much its voluntary switches have grown.
set -euo pipefail
cd "$(dirname "$0")/../.."
. chapters/waits.sh
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

start() {
  build/release/bin/echo_threads "$1" &
  server=$!
}

until_true serves start
exec 4<>"/dev/tcp/127.0.0.1/$port"

# In the order in which the threads were started.
sleeps() {
  sed -n 's/^voluntary_ctxt_switches:\t*//p' $(ls -dv /proc/"$server"/task/*/status)
}
line() {
  echo hello >&"$1"
  read -r _ <&"$1"
  until_true all_asleep "$server"
}

line 3  # both threads have begun
line 4
sleeps >"$work/before"
for _ in $(seq 10); do
  line 3
done
sleeps >"$work/after"
paste "$work/before" "$work/after" |
  awk '{ print "thread " NR ": +" $2 - $1 }'
