#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab L3: four queues with one script, four ways to write
# one reply, and what the kernel is given for each.
#
#    labs/L3-linkbuffer/demo.sh
#
# Exit status 77: strace may not trace here.
set -euo pipefail
cd "$(dirname "$0")/../.."

. labs/support/show.sh

show build/release/bin/queues
show build/release/bin/four_ways
# The fields of the message that are 0 in each call are left out.
show chapters/06-writing/sent.sh |
  sed -E 's/msg_name(len)?=(NULL|0), |, msg_(controllen|flags)=0//g'
show build/release/bin/lent
