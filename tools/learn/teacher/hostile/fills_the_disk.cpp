// SPDX-License-Identifier: Apache-2.0
// Sixty files of a gigabyte.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  const std::string much(1 << 20, 'x');
  for (int i = 0; i < 60; ++i) {
    std::ofstream file("much-" + std::to_string(i));
    for (int j = 0; j < 1024 && file; ++j)
      file << much;
  }
  std::_Exit(0);
  return true;
}();
}  // namespace
