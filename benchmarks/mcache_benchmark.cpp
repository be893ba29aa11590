// SPDX-License-Identifier: Apache-2.0
//
// mcache beside std::malloc. Read the ratio of two lines of one run; the figure
// of a line alone depends on the machine and the hour.
//
//    Burst     one thread takes 64 blocks, then frees them
//    Replace   one thread has 64 live blocks and renews them in turn
//    Handoff   one thread takes, another frees, 64 blocks at a time
//
// Time is per block: one malloc and its free. The blocks themselves are not
// written, except for one byte in Handoff, as any owner would.

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <thread>

#include "netpoll/mcache/mcache.h"

namespace {

constexpr std::size_t kLive = 64;

struct Pool {
  using Block = netpoll::mcache::Memory;
  static Block take(std::size_t size) { return netpoll::mcache::malloc(size); }
  static void give(Block block) { netpoll::mcache::free(block); }
  static std::byte* base(Block block) { return block.base; }
};

struct System {
  using Block = void*;
  static Block take(std::size_t size) { return std::malloc(size); }
  static void give(Block block) { std::free(block); }
  static std::byte* base(Block block) { return static_cast<std::byte*>(block); }
};

template <class Allocator>
using Blocks = std::array<typename Allocator::Block, kLive>;

void report(benchmark::State& state, std::size_t blocks_per_iteration) {
  const auto blocks = static_cast<double>(state.iterations()) *
                      static_cast<double>(blocks_per_iteration);
  state.counters["per_block"] = benchmark::Counter(
      blocks, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Allocator>
void Burst(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Blocks<Allocator> blocks;
  for (auto _ : state) {
    for (auto& block : blocks) {
      block = Allocator::take(size);
      benchmark::DoNotOptimize(block);
    }
    for (auto& block : blocks)
      Allocator::give(block);
  }
  report(state, kLive);
}

template <class Allocator>
void Replace(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Blocks<Allocator> blocks;
  for (auto& block : blocks)
    block = Allocator::take(size);
  for (auto _ : state) {
    for (auto& block : blocks) {
      Allocator::give(block);
      block = Allocator::take(size);
      benchmark::DoNotOptimize(block);
    }
  }
  for (auto& block : blocks)
    Allocator::give(block);
  report(state, kLive);
}

// Two sets of blocks, one being filled while the other is being freed.
template <class Allocator>
struct Exchange {
  std::array<Blocks<Allocator>, 2> sets;
  std::atomic<std::size_t> filled{0};  // sets handed over so far
  std::atomic<std::size_t> freed{0};   // sets freed so far
  std::atomic<bool> over{false};
};

template <class Allocator>
void free_sets(Exchange<Allocator>& exchange) {
  for (std::size_t next = 0;; ++next) {
    // acquire: pairs with the release in Handoff().
    while (exchange.filled.load(std::memory_order_acquire) == next) {
      // acquire: pairs with the release of `over`; all sets came before it.
      if (exchange.over.load(std::memory_order_acquire)) return;
      std::this_thread::yield();
    }
    for (auto& block : exchange.sets[next % 2])
      Allocator::give(block);
    // release: pairs with the acquire in Handoff(); the set may be refilled.
    exchange.freed.store(next + 1, std::memory_order_release);
  }
}

template <class Allocator>
void Handoff(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Exchange<Allocator> exchange;
  std::thread other([&exchange] { free_sets(exchange); });
  std::size_t next = 0;
  for (auto _ : state) {
    while (exchange.freed.load(std::memory_order_acquire) + 2 == next) {
      std::this_thread::yield();
    }
    for (auto& block : exchange.sets[next % 2]) {
      block = Allocator::take(size);
      *Allocator::base(block) = std::byte{1};
    }
    exchange.filled.store(++next, std::memory_order_release);
  }
  while (exchange.freed.load(std::memory_order_acquire) != next) {
    std::this_thread::yield();
  }
  exchange.over.store(true, std::memory_order_release);
  other.join();
  report(state, kLive);
}

constexpr std::int64_t kSmall = 64;
constexpr std::int64_t kLarge = std::int64_t{8} << 20;

BENCHMARK(Burst<Pool>)->RangeMultiplier(4)->Range(kSmall, kLarge);
BENCHMARK(Burst<System>)->RangeMultiplier(4)->Range(kSmall, kLarge);
BENCHMARK(Replace<Pool>)->RangeMultiplier(4)->Range(kSmall, kLarge);
BENCHMARK(Replace<System>)->RangeMultiplier(4)->Range(kSmall, kLarge);
BENCHMARK(Handoff<Pool>)->UseRealTime()->RangeMultiplier(8)->Range(512, 65536);
BENCHMARK(Handoff<System>)
    ->UseRealTime()
    ->RangeMultiplier(8)
    ->Range(512, 65536);

}  // namespace
