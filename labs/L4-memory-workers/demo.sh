#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab L4: blocks on the wrong list, a block with two
# owners, threads that are started, and a wake that is lost.
#
#    labs/L4-memory-workers/demo.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

. labs/support/show.sh

# The last column, memory of the process, differs from run to run.
show build/release/bin/naive_pool | sed -E 's/ +(RSS MiB|[0-9]+\.[0-9])$//'
show build/release/bin/naive_pool mcache |
  sed -E 's/ +(RSS MiB|[0-9]+\.[0-9])$//'
show build/release/bin/mistakes twice
show build/release/bin/thread_per_task
show build/release/bin/full_pool
show build/release/bin/lost_wake
