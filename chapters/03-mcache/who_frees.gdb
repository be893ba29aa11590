# SPDX-License-Identifier: Apache-2.0
#
# Which thread takes a block of the memory pool, and which one frees it?
#
#    gdb -q -x chapters/03-mcache/who_frees.gdb build/record/bin/echo_server
#
# Then, in another terminal: printf 'hello\n' | nc -N 127.0.0.1 7000
# What to look for: what thread 2, the poller, takes and thread 3, the worker, frees.
set pagination off
set breakpoint pending off
set print thread-events off
set print address off
set style enabled off
set print frame-arguments none
set print frame-info short-location

break netpoll::mcache::malloc
commands
  silent
  printf "thread %d  malloc  size %lu\n", $_thread, size
  backtrace 3
  continue
end

break netpoll::mcache::free
commands
  silent
  printf "thread %d  free    capacity %lu\n", $_thread, memory.capacity
  backtrace 3
  continue
end

run --addr 127.0.0.1:7000 --pollers 1
