// SPDX-License-Identifier: Apache-2.0
//
// mcache beside the malloc of this process, which is glibc's or that of the
// library that this program is linked with:
//
//    mcache_benchmark              glibc
//    mcache_benchmark_tcmalloc     tcmalloc (gperftools)
//    mcache_benchmark_jemalloc     jemalloc
//    mcache_benchmark_mimalloc     mimalloc
//
// Why a program for each: Debian's three libraries define malloc() itself, so
// one of them takes over the whole process as soon as it is linked, and "glibc"
// beside it would be that library once more. The name of the peer is not what
// the build says: it is the file that malloc() was found in.
//
// mcache is in each of the programs. Compare two lines of one run, never two
// lines of two programs.
//
//    pair      8 KiB, taken and given back by one thread
//    random    4 to 64 KiB, 64 live, replaced in random order by one thread
//    handoff   8 KiB, taken by one thread, given back by another
//    burst     64 blocks of one size taken, then given back
//    replace   64 live blocks of one size, renewed in turn
//
// items_per_second counts blocks.

#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mcache_cases.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll::parts {
namespace {

struct Pool {
  using Block = mcache::Memory;
  static Block take(std::size_t size) { return mcache::malloc(size); }
  static void give(Block block) { mcache::free(block); }
  static std::byte* base(Block block) { return block.base; }
};

struct System {
  using Block = void*;
  static Block take(std::size_t size) { return std::malloc(size); }
  static void give(Block block) { std::free(block); }
  static std::byte* base(Block block) { return static_cast<std::byte*>(block); }
};

// The word between "lib" and the first sign that is no letter, in the name of
// the file that holds malloc(): "libjemalloc.so.2". Empty if it has none.
std::string whose_malloc() {
  Dl_info found{};
  void* const symbol = ::dlsym(RTLD_DEFAULT, "malloc");
  if (symbol == nullptr || ::dladdr(symbol, &found) == 0) return {};
  std::string_view name = found.dli_fname;
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  if (!name.starts_with("lib")) return {};
  name.remove_prefix(3);
  name = name.substr(0, name.find_first_of("._-"));
  return name == "c" ? "glibc" : std::string(name);
}

template <class Allocator>
void add(const std::string& name) {
  constexpr int kSmall = 64;
  constexpr int kLarge = 8 << 20;
  const auto named = [&name](const char* which) {
    return (which + ("/" + name));
  };
  const auto made = [&named](const char* which, auto* run) {
    return benchmark::RegisterBenchmark(named(which).c_str(), run);
  };
  made("pair", pair<Allocator>);
  made("random", random<Allocator>);
  made("handoff", handoff<Allocator>)->UseRealTime();
  made("burst", burst<Allocator>)->RangeMultiplier(4)->Range(kSmall, kLarge);
  made("replace", replace<Allocator>)
      ->RangeMultiplier(4)
      ->Range(kSmall, kLarge);
}

}  // namespace
}  // namespace netpoll::parts

int main(int argc, char** argv) {
  using namespace netpoll::parts;
  const std::string name = whose_malloc();
  if (name.empty()) {
    std::fputs("no library of this process holds malloc()\n", stderr);
    return 1;
  }
  add<Pool>("mcache");
  add<System>(name);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
