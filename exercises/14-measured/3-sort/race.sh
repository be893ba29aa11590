#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Races your sort_numbers against ours, in rounds, and prints the middle of the ratios.
#
#    exercises/14-measured/3-sort/race.sh [FOLDER]
#
# FOLDER has your sort_numbers.cpp; without it, workspace/14-measured/3-sort. The last
# column is ours against itself: a difference that is not larger is none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
yours=${1:-"$here/../../../workspace/14-measured/3-sort"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build="${CXX:-clang++-19} -std=c++23 -O2 -c"
$build -Dsort_numbers=sort_ours "$here/solution/sort_numbers.cpp" -o "$work/ours.o"
$build -Dsort_numbers=sort_yours "$yours/sort_numbers.cpp" -o "$work/yours.o"
$build "$here/race/race.cpp" -o "$work/race.o"
${CXX:-clang++-19} "$work"/*.o -o "$work/race"
"$work/race"
