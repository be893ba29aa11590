#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab 5: an event that comes too late, and what wakes a poller.
# Each program prints the same in every run.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "\$ build/release/bin/stale_event"
build/release/bin/stale_event
echo
echo "\$ build/release/bin/who_wakes"
build/release/bin/who_wakes
