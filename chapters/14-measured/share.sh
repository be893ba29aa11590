#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Of the CPU time of an echo server, how much is spent in the kernel? The system
# keeps two numbers for each process: the time in its own code and the time in the
# kernel. They are read before and after a load of 64 connections.
#
#    chapters/14-measured/share.sh [--json] [BYTES]
#
# The servers take turns, five times, and the times are added up. Needs the programs
# of the race (./learn race --quick builds them).
set -euo pipefail
cd "$(dirname "$0")/../.."
json=${1:-}
[ "$json" = --json ] && shift || json=
bytes=${1:-1024}
bin=build/release/bin
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

command_of() {
  case $1 in
    "raw epoll") echo "$bin/race_raw_epoll" ;;
    *) echo "$bin/echo_server --pollers 1 --runner $1" ;;
  esac
}

# The process's ticks in its own code and in the kernel, and its threads' too.
ticks() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 12,13; }

measure() {
  : >"$work/out"
  taskset -c 0 $(command_of "$1") --addr 127.0.0.1:0 >"$work/out" &
  server=$!
  until port=$(sed -n 's/^listening on //p' "$work/out") && [ -n "$port" ]; do sleep 0.05; done
  read -r user kernel < <(ticks "$server")
  "$bin/race_load" --addr "$port" --pid "$server" --connections 64 --bytes "$bytes" \
    --warmup 0 --seconds 3 >"$work/told"
  read -r user_now kernel_now < <(ticks "$server")
  kill "$server"
  wait "$server" || true
  server=
  echo "$((user_now - user)) $((kernel_now - kernel))" >>"$work/$1"
}

for _ in 1 2 3 4 5; do
  for name in "raw epoll" inline adaptive pool; do measure "$name"; done
done

[ -n "$json" ] && echo "{\"check\": \"share\", \"bytes\": $bytes, \"rows\": ["
for name in "raw epoll" inline adaptive pool; do
  share=$(awk '{ user += $1; kernel += $2 } END { printf "%.3f", kernel / (user + kernel) }' "$work/$name")
  if [ -n "$json" ]; then
    comma=$([ "$name" = pool ] || echo ,)
    echo "{\"server\": \"$name\", \"kernel\": $share}$comma"
  else
    printf '%-10s in the kernel: %3.0f %%\n' "$name" "$(awk -v s="$share" 'BEGIN { print s * 100 }')"
  fi
done
[ -z "$json" ] || echo "]}"
