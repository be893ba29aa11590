// SPDX-License-Identifier: Apache-2.0
//
// One writer, one reader, no lock between them, and every call of both. The
// stream is a counter, byte by byte, so a byte lost, doubled, early or stale
// shows at once.
//
// Broken variants that this test has failed, each alone:
//   - flush() stores committed_ relaxed, or committed() loads it so: TSan.
//   - flush() stores committed_ before the nodes' ends: a null link.
//   - take_last_block() takes nothing, and frees while the writer is parked: wrong
//     bytes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "link_buffer/text.h"
#include "netpoll/base/mutex.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {
namespace {

constexpr std::uint64_t kTotal = 10'000'000;

// A prime period, so that no block size hides a shift.
std::byte byte_at(std::uint64_t place) {
  return static_cast<std::byte>(place % 251);
}

void expect_stream(std::span<const std::byte> bytes, std::uint64_t place) {
  for (const std::byte byte : bytes) {
    ASSERT_EQ(byte, byte_at(place++));
  }
}

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  std::size_t size() { return 1 + (below(16) == 0 ? below(9000) : below(200)); }

 private:
  std::minstd_rand random_;
};

class Writer {
 public:
  explicit Writer(LinkBuffer& buffer) : buffer_(buffer) {}

  void run() {
    while (place_ < kTotal) {
      switch (random_.below(4)) {
        case 0:
          with_malloc();
          break;
        case 1:
          with_book();
          break;
        case 2:
          with_write_direct();
          break;
        default:
          with_append();
          break;
      }
      if (random_.below(64) == 0) std::this_thread::yield();
    }
  }
  std::uint64_t place() const { return place_; }

 private:
  void fill(std::span<std::byte> bytes) {
    for (std::byte& byte : bytes)
      byte = byte_at(place_++);
  }
  void with_malloc() {
    fill(buffer_.malloc(random_.size()));
    const std::size_t keep = buffer_.malloc_size();
    buffer_.malloc(random_.size());
    ASSERT_FALSE(buffer_.malloc_ack(keep));
    fill(buffer_.malloc(random_.size()));
    buffer_.flush();
  }
  void with_book() {
    const auto bytes = buffer_.book(random_.size(), 4096);
    const auto part = bytes.first(random_.below(bytes.size() + 1));
    fill(part);
    buffer_.book_ack(part.size());
  }
  void with_write_direct() {
    const auto bytes = buffer_.malloc(random_.size());
    const std::size_t cut = random_.below(bytes.size() + 1);
    fill(bytes.first(cut));
    std::vector<std::byte> body(random_.size());
    fill(body);
    fill(bytes.subspan(cut));
    ASSERT_FALSE(buffer_.write_direct(Block::owned(std::move(body)),
                                      bytes.size() - cut));
    buffer_.flush();
  }
  void with_append() {
    LinkBuffer other;
    fill(other.malloc(random_.size()));
    other.flush();
    buffer_.append(std::move(other));
    buffer_.flush();
  }

  LinkBuffer& buffer_;
  Random random_{1};
  std::uint64_t place_ = 0;
};

// Slices are read and freed on a thread of their own.
class SliceReader {
 public:
  void give(Slice slice, std::uint64_t place) {
    const Lock lock(mutex_);
    slices_.emplace_back(std::move(slice), place);
  }
  void finish() {
    const Lock lock(mutex_);
    finished_ = true;
  }
  void run() {
    bool finished = false;
    while (!finished) {
      std::deque<std::pair<Slice, std::uint64_t>> some;
      {
        const Lock lock(mutex_);
        some.swap(slices_);
        finished = finished_;
      }
      for (auto& [slice, place] : some) {
        verify(slice, place);
      }
      std::this_thread::yield();
    }
  }

 private:
  static void verify(Slice& slice, std::uint64_t place) {
    for (const auto piece : slice.gather()) {
      expect_stream(piece, place);
      place += piece.size();
    }
  }

  Mutex mutex_;
  std::deque<std::pair<Slice, std::uint64_t>> slices_
      NETPOLL_GUARDED_BY(mutex_);
  bool finished_ NETPOLL_GUARDED_BY(mutex_) = false;
};

class Reader {
 public:
  Reader(LinkBuffer& buffer, SliceReader& slices)
      : buffer_(buffer), slices_(slices) {}

  void run(std::uint64_t total) {
    while (place_ < total && !testing::Test::HasFatalFailure()) {
      // Not min(size(), …): that would never ask for what is just arriving.
      if (!read(random_.size())) read_what_is_there();
      if (random_.below(3) == 0) buffer_.release();
    }
  }

 private:
  bool read(std::size_t n) {
    switch (random_.below(4)) {
      case 0:
        return took(verify(buffer_.next(n)), n);
      case 1:
        return verify(buffer_.peek(n)) && took(!buffer_.skip(n), n);
      case 2:
        return give(buffer_.slice(n), n);
      default:
        return took(verify(buffer_.read_binary(n)), n);
    }
  }
  void read_what_is_there() {
    const std::size_t size = buffer_.size();
    EXPECT_TRUE(read(std::min<std::size_t>(size, 100)));
    if (size > 0) return;
    buffer_.release();  // so that the last block is given back, or is not
    std::this_thread::yield();
  }
  bool took(bool success, std::size_t n) {
    if (success) place_ += n;
    return success;
  }
  bool give(Result<Slice> slice, std::size_t n) {
    if (slice) slices_.give(std::move(*slice), place_);
    return took(slice.has_value(), n);
  }
  template <class Bytes>
  bool verify(const Result<Bytes>& bytes) {
    if (bytes) expect_stream(*bytes, place_);
    return bytes.has_value();
  }

  LinkBuffer& buffer_;
  SliceReader& slices_;
  Random random_{2};
  std::uint64_t place_ = 0;
};

TEST(LinkBufferStress, StreamArrivesWholeThroughEveryCall) {
  LinkBuffer buffer;
  SliceReader slices;
  Writer writer(buffer);
  Reader reader(buffer, slices);
  std::jthread slice_thread([&] { slices.run(); });
  std::jthread writer_thread([&] { writer.run(); });
  reader.run(kTotal);
  writer_thread.join();
  reader.run(writer.place());
  slices.finish();
  slice_thread.join();
  EXPECT_TRUE(buffer.is_empty());
  EXPECT_EQ(buffer.committed(), writer.place());
}

}  // namespace
}  // namespace netpoll
