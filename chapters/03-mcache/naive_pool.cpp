// SPDX-License-Identifier: Apache-2.0
//
// What a pool does whose threads never share. One thread takes 64 blocks and
// writes them, another thread frees them, again and again: at no moment are
// more than 64 blocks in use.
//
//    naive_pool           each thread has a list of its own, and that is all
//    naive_pool mcache    the same traffic through the pool of the library
//
// taker, freer: free blocks on the list of each thread. system: blocks that had
// to come from there. A list that one thread fills and nobody empties is of no
// use to the thread that needs blocks.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "netpoll/mcache/mcache.h"

namespace {

constexpr std::size_t kSize = 8192;
constexpr std::size_t kBlocks = 64;
constexpr int kRows = 8;
constexpr int kRoundsARow = 25;

// The naive idea, whole: no lock, since no thread sees the list of another.
class NaivePool {
 public:
  using Block = std::byte*;

  Block take() {
    if (free_.empty()) {
      ++from_system;
      return static_cast<Block>(std::malloc(kSize));
    }
    const Block block = free_.back();
    free_.pop_back();
    return block;
  }
  void give(Block block) { free_.push_back(block); }
  static std::byte* base(Block block) { return block; }

  std::size_t kept() const { return free_.size(); }
  std::size_t from_system = 0;  // blocks that take() had to ask for

  ~NaivePool() {
    for (const Block block : free_)
      std::free(block);
  }

 private:
  std::vector<Block> free_;
};

// The library's pool has its lists inside; what they keep is not counted here.
class McachePool {
 public:
  using Block = netpoll::mcache::Memory;

  static Block take() { return netpoll::mcache::malloc(kSize); }
  static void give(Block block) { netpoll::mcache::free(block); }
  static std::byte* base(Block block) { return block.base; }
};

// Resident memory of this process in MiB, as the kernel counts it.
double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

void print_row(int rounds, const NaivePool& taker, const NaivePool& giver) {
  std::printf("%6d  %6zu  %6zu  %6zu  %7.1f\n", rounds, taker.kept(),
              giver.kept(), taker.from_system, resident_mib());
}

void print_row(int rounds, const McachePool&, const McachePool&) {
  const netpoll::mcache::Stats stats = netpoll::mcache::stats();
  std::printf("%6d  %6s  %6s  %6zu  %7.1f\n", rounds, "-", "-",
              static_cast<std::size_t>(stats.allocated), resident_mib());
}

// Both threads work in turn, so that a row can read both lists.
template <class Pool>
void run() {
  Pool taker;
  Pool giver;
  std::array<typename Pool::Block, kBlocks> blocks;
  std::binary_semaphore taken(0);
  std::binary_semaphore given(0);
  std::thread other([&] {
    for (int round = 0; round < kRows * kRoundsARow; ++round) {
      taken.acquire();
      for (const auto& block : blocks)
        giver.give(block);
      given.release();
    }
  });
  for (int round = 1; round <= kRows * kRoundsARow; ++round) {
    for (auto& block : blocks) {
      block = taker.take();
      std::fill_n(Pool::base(block), kSize, std::byte{1});
    }
    taken.release();
    given.acquire();
    if (round % kRoundsARow == 0) print_row(round, taker, giver);
  }
  other.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view pool = argc > 1 ? argv[1] : "naive";
  if (argc > 2 || (pool != "naive" && pool != "mcache")) {
    std::fprintf(stderr, "naive_pool: say naive_pool, or naive_pool mcache\n");
    return 2;
  }
  std::puts("rounds   taker   freer  system  RSS MiB");
  pool == "naive" ? run<NaivePool>() : run<McachePool>();
}
