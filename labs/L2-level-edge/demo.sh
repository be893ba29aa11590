#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab L2: the same server with level and with edge, the
# storm of EPOLLOUT, and the system calls of one echo.
#
#    labs/L2-level-edge/demo.sh
#
# Exit status 77: strace may not trace here.
set -euo pipefail
cd "$(dirname "$0")/../.."

. labs/support/show.sh

show build/release/bin/edge_stall
show build/release/bin/output_storm
# The port of a client is another one each time.
show chapters/02-epoll/naive_calls.sh |
  sed -E 's/htons\([0-9]+\)/htons(…)/; s/ +$//'
