#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The instructions of one walk of a path of benchmarks/speed/paths.cpp, by the part
# of the program in which they run.
#
#    chapters/14-measured/by_part.sh [--json] [PATH] [speed_paths]
#
# callgrind counts twice, with 500 and with 1500 walks; what the second count has
# more, divided by 1000, is one walk. A line of callgrind's table names a function
# and the file that its lines come from: the folder below src/netpoll is the part.
# That needs the line numbers, so without its last argument it builds a program of
# its own: the release build with -g1, in build/by_part (a few minutes, once).
set -euo pipefail
cd "$(dirname "$0")/../.."
json=${1:-}
[ "$json" = --json ] && shift || json=
path=${1:-echo_64}
program=${2:-build/by_part/bin/speed_paths}
if [ $# -lt 2 ]; then
  [ -d build/by_part ] || cmake --preset release -B build/by_part -D NETPOLL_TESTS=OFF \
    -D CMAKE_CXX_FLAGS_RELEASE="-O2 -g1 -DNDEBUG" >/dev/null
  cmake --build build/by_part --target speed_paths >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The C library chooses memcpy by the processor; a count needs one choice for all.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-ERMS,-FSRM,-Prefer_ERMS,-AVX_Fast_Unaligned_Load
for walks in 500 1500; do
  valgrind --tool=callgrind --callgrind-out-file="$work/$walks" \
    "$program" "$path" "$walks" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
  callgrind_annotate --threshold=100 --auto=no "$work/$walks" |
    awk '/^ *[0-9,]+ *\( *[0-9.]+%\) / {
           count = $1; gsub(",", "", count)
           part = "C++ and C library"
           if (match($0, /src\/netpoll\/[a-z_]+\//))
             part = substr($0, RSTART + 12, RLENGTH - 13)
           else if ($0 ~ /benchmarks\/speed|paths\.cpp|used\.cpp/)
             part = "the handler and the client"
           if ($0 !~ /PROGRAM TOTALS/) sum[part] += count
         }
         END { for (part in sum) print sum[part] "\t" part }' >"$work/$walks.parts"
done

awk -F '\t' -v json="$json" -v path="$path" '
  NR == FNR { few[$2] = $1; next }
  { each[$2] = ($1 - few[$2]) / 1000 }
  END {
    while (1) {
      most = ""
      for (part in each) if (most == "" || each[part] > each[most]) most = part
      if (most == "") break
      count = sprintf("%.0f", each[most])
      if (count > 0) {
        if (json) rows = rows (rows ? ",\n" : "") \
          "{\"part\": \"" most "\", \"instructions\": " count "}"
        else printf "%6d  %s\n", count, most
      }
      delete each[most]
    }
    if (json) printf "{\"check\": \"by_part\", \"path\": \"%s\", \"rows\": [\n%s\n]}\n", path, rows
  }' "$work/500.parts" "$work/1500.parts"
