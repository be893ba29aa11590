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
port=$((20000 + RANDOM % 20000))
build/release/bin/echo_threads "$port" &
server=$!
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do sleep 0.1; done
exec 4<>"/dev/tcp/127.0.0.1/$port"

sleeps() {
  sed -n 's/^voluntary_ctxt_switches:\t*//p' /proc/"$server"/task/*/status
}
line() {
  echo hello >&"$1"
  read -r _ <&"$1"
}

line 3  # both threads have begun
line 4
sleep 0.3
sleeps >"$work/before"
for _ in $(seq 10); do
  line 3
  sleep 0.02
done
sleep 0.3
sleeps >"$work/after"
paste "$work/before" "$work/after" |
  awk '{ print "thread " NR ": +" $2 - $1 }'
