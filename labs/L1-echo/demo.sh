#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab L1: who waits for whom, in which call, and four
# things that a short program does not expect.
#
#    labs/L1-echo/demo.sh
#
# Exit status 77: strace may not trace here.
set -euo pipefail
cd "$(dirname "$0")/../.."

. labs/support/show.sh

show build/release/bin/echo_one
show build/release/bin/echo_threads
# A call that has not returned ends with a space.
show chapters/01-blocking/see_the_wait.sh | sed -E 's/ +$//' | cat -s
show build/release/bin/surprises
