#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The kernel's two queues of a connection whose peer writes and never reads.
#
#    chapters/08-input-output/queues.sh
#
# Three looks, a second apart. Recv-Q: what the server has not read. Send-Q: what the
# peer has not taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
timeout 20 build/release/bin/echo_server --addr 127.0.0.1:0 --max-input 65536 >"$work/out" &
for _ in $(seq 100); do
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/out")
  [ -n "$port" ] && break
  sleep 0.1
done
exec 3<>"/dev/tcp/127.0.0.1/$port"
timeout 20 yes >&3 &
for _ in 1 2 3; do
  sleep 1
  ss -Htn "sport = :$port" | awk '{ print "Recv-Q " $2 "   Send-Q " $3 }'
done
