// SPDX-License-Identifier: Apache-2.0
// A gigabyte of output.
#include <unistd.h>

#include <cstdlib>
#include <string>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  const std::string much(1 << 20, 'x');
  for (int i = 0; i < 1024; ++i)
    if (::write(1, much.data(), much.size()) < 0) break;
  std::_Exit(0);
  return true;
}();
}  // namespace
