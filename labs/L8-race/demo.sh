#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab 8: what a request costs, counted; and two ways to compare
# two servers, on a machine that is invented. Both print the same in every run.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "\$ build/release/bin/counted"
build/release/bin/counted
echo
echo "\$ build/release/bin/two_ways"
build/release/bin/two_ways
