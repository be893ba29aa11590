#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab 6: an input that is full, and four ends of a connection.
# Each program prints the same in every run.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "\$ build/release/bin/slow_reader"
build/release/bin/slow_reader
echo
echo "\$ build/release/bin/ends"
build/release/bin/ends
