// SPDX-License-Identifier: Apache-2.0
//
// Four mistakes with a pool, one a run. A build with NDEBUG (release) shows what
// comes of them; any other build (dev) has a guard and stops at the mistake.
//
//    mistakes twice      frees a block two times
//    mistakes inside     frees a pointer into a block that is still in use
//    mistakes foreign    frees memory that never came from the pool
//    mistakes secret     frees a password, and looks at what the next owner gets

#include <array>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "netpoll/mcache/mcache.h"

namespace {

using netpoll::mcache::Memory;

void twice() {
  const Memory memory = netpoll::mcache::malloc(4096);
  netpoll::mcache::free(memory);
  netpoll::mcache::free(memory);
  const Memory first = netpoll::mcache::malloc(4096);
  const Memory second = netpoll::mcache::malloc(4096);
  std::printf("two owners, %s\n",
              first.base == second.base ? "one block" : "two blocks");
}

void inside() {
  const Memory whole = netpoll::mcache::malloc(8192);
  netpoll::mcache::free({whole.base + 4096, 4096});
  const Memory next = netpoll::mcache::malloc(4096);
  std::printf("a new block begins %td bytes into one that is in use\n",
              next.base - whole.base);
}

void foreign() {
  static std::array<std::byte, 4096> ours;
  netpoll::mcache::free({ours.data(), ours.size()});
  const Memory next = netpoll::mcache::malloc(4096);
  std::printf("malloc() gave %s\n",
              next.base == ours.data() ? "our own array" : "another block");
}

void secret() {
  const Memory memory = netpoll::mcache::malloc(16);
  std::memcpy(memory.base, "correct horse 9", 16);
  netpoll::mcache::free(memory);
  const Memory next = netpoll::mcache::malloc(16);
  std::printf("the next owner reads: ");
  for (std::size_t i = 0; i < 15; ++i) {
    const int letter = std::to_integer<int>(next.base[i]);
    std::putchar(std::isprint(letter) != 0 ? letter : '?');
  }
  std::puts("");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mistake = argc == 2 ? argv[1] : "";
  if (mistake == "twice") return twice(), 0;
  if (mistake == "inside") return inside(), 0;
  if (mistake == "foreign") return foreign(), 0;
  if (mistake == "secret") return secret(), 0;
  std::fprintf(stderr, "mistakes: say twice, inside, foreign or secret\n");
  return 2;
}
