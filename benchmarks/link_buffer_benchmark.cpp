// SPDX-License-Identifier: Apache-2.0
//
// LinkBuffer beside other buffers, and beside memcpy. Read the ratio of two
// lines of one run; the figure of a line alone depends on the machine and the
// hour.
//
//    slices/…    4 KiB written, read as 32 pieces of 128 bytes, by each buffer
//    read/…      the reads alone (link_buffer_slices.h has both)
//
//    Memcpy      copies the bytes once, and then once more
//    WriteRead   write_binary() and flush(), then next() and release()
//    Joined      the same, but the bytes lie in two nodes: next() copies
//    Strings     write_string(), then read_string(): two copies
//
// bytes_per_second counts each message once.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "link_buffer_peers.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace {

using netpoll::LinkBuffer;
using netpoll::parts::slices;

void count(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void Memcpy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> from(size);
  std::vector<std::byte> between(size);
  for (auto _ : state) {
    std::memcpy(between.data(), from.data(), size);
    benchmark::DoNotOptimize(between.data());
    benchmark::ClobberMemory();
    std::memcpy(from.data(), between.data(), size);
    benchmark::DoNotOptimize(from.data());
    benchmark::ClobberMemory();
  }
  count(state);
}

void WriteRead(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> message(size);
  LinkBuffer buffer;
  for (auto _ : state) {
    buffer.write_binary(message);
    static_cast<void>(buffer.flush());
    auto view = buffer.next(size);
    benchmark::DoNotOptimize(view);
    buffer.release();
  }
  count(state);
}

void Joined(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> half(size / 2);
  LinkBuffer buffer;
  for (auto _ : state) {
    // A block that is filled to its end: the second half begins a new node.
    const auto first = buffer.book(half.size(), half.size());
    std::memcpy(first.data(), half.data(), half.size());
    buffer.book_ack(half.size());
    const auto second = buffer.book(half.size(), half.size());
    std::memcpy(second.data(), half.data(), half.size());
    buffer.book_ack(half.size());
    auto view = buffer.next(size);
    benchmark::DoNotOptimize(view);
    buffer.release();
  }
  count(state);
}

void Strings(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string message(size, 'x');
  LinkBuffer buffer;
  for (auto _ : state) {
    buffer.write_string(message);
    static_cast<void>(buffer.flush());
    auto text = buffer.read_string(size);
    benchmark::DoNotOptimize(text);
    buffer.release();
  }
  count(state);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int size : {64, 1024, 65536})
    benchmark->Arg(size);
}

BENCHMARK(slices<netpoll::parts::Ours>)->Name("slices/LinkBuffer");
BENCHMARK(netpoll::parts::read<netpoll::parts::Ours>)
    ->Name("read/LinkBuffer")
    ->UseManualTime();
BENCHMARK(slices<netpoll::parts::TwoCopies>)->Name("slices/two memcpy");
BENCHMARK(slices<netpoll::parts::String>)->Name("slices/std::string");
BENCHMARK(slices<netpoll::parts::Deque>)->Name("slices/std::deque");
BENCHMARK(Memcpy)->Apply(sizes);
BENCHMARK(WriteRead)->Apply(sizes);
BENCHMARK(Joined)->Apply(sizes);
BENCHMARK(Strings)->Apply(sizes);

}  // namespace
