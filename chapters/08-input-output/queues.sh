#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The kernel's two queues of a connection whose peer writes and never reads.
#
#    chapters/08-input-output/queues.sh
#
# Three looks, a second apart, from the moment in which both are still. Recv-Q: what the
# server has not read. Send-Q: what the peer has not taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
. chapters/waits.sh
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
timeout 20 build/release/bin/echo_server --addr 127.0.0.1:0 --max-input 65536 >"$work/out" &
server=$!
until_true told
exec 3<>"/dev/tcp/127.0.0.1/$port"
timeout 20 yes >&3 &
peer=$!

look() {
  ss -Htn "sport = :$port" | awk '{ print "Recv-Q " $2 "   Send-Q " $3 }'
}
# Nobody reads or writes any more: the peer and the server sleep, and a look finds what
# the one before has found.
still() {
  local before=${now:-}
  now=$(look)
  child_of "$peer" && all_asleep "$child" && child_of "$server" && all_asleep "$child" &&
    [ "$now" = "$before" ]
}

until_true still
for _ in 1 2 3; do
  sleep 1  # the looks are a second apart
  look
done
