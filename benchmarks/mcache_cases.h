// SPDX-License-Identifier: Apache-2.0
#pragma once

// What mcache_benchmark.cpp measures, for any allocator:
//
//    struct Allocator {
//      using Block = …;                     what the owner of a block keeps
//      static Block take(std::size_t size);
//      static void give(Block block);
//      static std::byte* base(Block block);
//    };
//
// An item is one block, taken and given back. One byte of it is written, as any
// owner would, but not in burst() and replace(). A case that finds another byte
// than it wrote ends with an error.

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>

namespace netpoll::parts {

inline constexpr std::size_t kLive = 64;
inline constexpr std::size_t kBlock = 8 << 10;

template <class Allocator>
using Blocks = std::array<typename Allocator::Block, kLive>;

inline void count(benchmark::State& state, std::size_t items_per_iteration) {
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(items_per_iteration));
}

// The compiler must believe that the block is used: else it may remove both
// malloc and free.
template <class Allocator>
typename Allocator::Block take(std::size_t size) {
  const auto block = Allocator::take(size);
  benchmark::DoNotOptimize(static_cast<const void*>(Allocator::base(block)));
  return block;
}

// The same, and writes the first byte.
template <class Allocator>
typename Allocator::Block take(std::size_t size, std::size_t stamp) {
  const auto block = take<Allocator>(size);
  *Allocator::base(block) = static_cast<std::byte>(stamp);
  return block;
}

// One thread takes a block of 8 KiB and gives it back.
template <class Allocator>
void pair(benchmark::State& state) {
  for (auto _ : state)
    Allocator::give(take<Allocator>(kBlock, 1));
  count(state, 1);
}

// One of the 64 live blocks is replaced by one of another size.
struct Step {
  std::uint32_t slot;
  std::uint32_t size;
};
using Steps = std::array<Step, 4096>;

// Always the same steps, so that all allocators do the same work.
inline const Steps& random_steps() {
  static const Steps steps = [] {
    std::mt19937 engine;  // the standard says which numbers it gives
    Steps made;
    for (Step& step : made) {
      step.slot = static_cast<std::uint32_t>(engine() % kLive);
      step.size = static_cast<std::uint32_t>((4 << 10) + engine() % (60 << 10));
    }
    return made;
  }();
  return steps;
}

// One thread keeps 64 blocks of 4 to 64 KiB and replaces them in random order.
template <class Allocator>
void random(benchmark::State& state) {
  const Steps& steps = random_steps();
  Blocks<Allocator> blocks;
  for (std::size_t slot = 0; slot < kLive; ++slot)
    blocks[slot] = take<Allocator>(kBlock, slot);
  for (auto _ : state) {
    for (const Step step : steps) {
      Allocator::give(blocks[step.slot]);
      blocks[step.slot] = take<Allocator>(step.size, step.slot);
    }
  }
  bool intact = true;
  for (std::size_t slot = 0; slot < kLive; ++slot) {
    intact &= *Allocator::base(blocks[slot]) == static_cast<std::byte>(slot);
    Allocator::give(blocks[slot]);
  }
  if (!intact) state.SkipWithError("two live blocks share their memory");
  count(state, steps.size());
}

// Two sets of blocks: one is filled while the other is given back.
template <class Allocator>
struct Exchange {
  std::array<Blocks<Allocator>, 2> sets;
  alignas(64) std::atomic<std::size_t> filled{0};  // sets handed over so far
  alignas(64) std::atomic<std::size_t> freed{0};   // sets given back so far
  std::size_t sum = 0;  // of the bytes seen; read after the thread has ended
  std::atomic<bool> over{false};
};

template <class Allocator>
void free_sets(Exchange<Allocator>& exchange) {
  for (std::size_t next = 0;; ++next) {
    // acquire: pairs with the release in handoff().
    while (exchange.filled.load(std::memory_order_acquire) == next) {
      // acquire: pairs with the release of `over`; all sets came before it.
      if (exchange.over.load(std::memory_order_acquire)) return;
      std::this_thread::yield();
    }
    for (auto& block : exchange.sets[next % 2]) {
      exchange.sum += std::to_integer<std::size_t>(*Allocator::base(block));
      Allocator::give(block);
    }
    // release: pairs with the acquire in handoff(); the set may be refilled.
    exchange.freed.store(next + 1, std::memory_order_release);
  }
}

// One thread takes blocks of 8 KiB, 64 at a time; another gives them back.
template <class Allocator>
void handoff(benchmark::State& state) {
  Exchange<Allocator> exchange;
  std::thread other([&exchange] { free_sets(exchange); });
  std::size_t next = 0;
  for (auto _ : state) {
    // acquire: pairs with the release in free_sets(), here and below.
    while (exchange.freed.load(std::memory_order_acquire) + 2 == next)
      std::this_thread::yield();
    for (auto& block : exchange.sets[next % 2])
      block = take<Allocator>(kBlock, 1);
    // release: pairs with the acquire in free_sets().
    exchange.filled.store(++next, std::memory_order_release);
  }
  while (exchange.freed.load(std::memory_order_acquire) != next)
    std::this_thread::yield();
  exchange.over.store(true, std::memory_order_release);
  other.join();
  if (exchange.sum != next * kLive) state.SkipWithError("a block was lost");
  count(state, kLive);
}

// One thread takes 64 blocks of one size, then gives them back.
template <class Allocator>
void burst(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Blocks<Allocator> blocks;
  for (auto _ : state) {
    for (auto& block : blocks)
      block = take<Allocator>(size);
    for (auto& block : blocks)
      Allocator::give(block);
  }
  count(state, kLive);
}

// One thread has 64 live blocks of one size and renews them in turn.
template <class Allocator>
void replace(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Blocks<Allocator> blocks;
  for (auto& block : blocks)
    block = take<Allocator>(size);
  for (auto _ : state) {
    for (auto& block : blocks) {
      Allocator::give(block);
      block = take<Allocator>(size);
    }
  }
  for (auto& block : blocks)
    Allocator::give(block);
  count(state, kLive);
}

}  // namespace netpoll::parts
