#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration of lab 7: two ends of a real connection, in the one order that comes
# today; and then, by the model, all orders in which the steps of its threads can come.
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "\$ build/release/bin/beside"
build/release/bin/beside
echo
echo "every order of the steps:"
scenarios=UserCloses:TwoUsersClose:PeerEnds:UserClosesAndPeerEnds:PeerEndsDuringOnConnect
filter=${scenarios//:/:*\/LifecycleModel.*\/}
build/release/bin/connection_model_test --gtest_filter="*/LifecycleModel.*/$filter" |
  awk '/^\[ RUN/ { sub(/.*\//, ""); name = $0 }
       / executions, / { printf "  %-24s %5d executions\n", name, $1 }
       /^\[  PASSED/ { print "all well: " $4 " scenarios" }'
