#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How many futex calls do 1000 tasks cost, one at a time and in batches of 100?
#
#    chapters/04-gopool/count_wakes.sh
#
# What to look for: the column "calls". A sleep is one call, and a wake is one.
# So 1000 single tasks cost about 2000, and 10 batches about 20. A few more come
# from starting and joining the thread, and from two threads at one mutex.
set -eu
bin="$(dirname "$0")/../../build/release/bin"
for batch in 1 100; do
  echo "batches of $batch"
  strace -c -f -e trace=futex "$bin/wakes" "$batch"
done
