// SPDX-License-Identifier: Apache-2.0
// Ten gigabytes, each page of them written.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  for (int i = 0; i < 160; ++i) {
    constexpr std::size_t kSize = std::size_t{64} << 20;
    void* const got = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got != MAP_FAILED) std::memset(got, 1, kSize);
  }
  std::_Exit(0);
  return true;
}();
}  // namespace
