// SPDX-License-Identifier: Apache-2.0
//
// One writer, one reader, no lock between them, at the narrow places.
//
// Broken variants that these tests have failed, each alone:
//   - take_last_block() does not look at committed_ once more: poisoned bytes.
//   - open() loads and stores tail_ in place of its exchange: poisoned bytes.
//   - park() stores tail_ relaxed, or take_last_block() compares it so: TSan.
//   - refresh() takes a node's end for committed, whatever the counter says:
//     TSan, and mostly a crash without it.
//   - size() loads committed_ before consumed_: a negative size (under TSan,
//     which widens the gap).

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

// A prime period, so that no block size hides a shift.
std::byte byte_at(std::uint64_t place) {
  return static_cast<std::byte>(place % 251);
}

// The shortest way round take_last_block(): every byte is read and released while the
// next one may be on its way into the same block. The pool poisons a block that
// comes back (not in release builds), so a block that still has a byte, or that
// the writer still writes to, shows. What the writer drops again counts too: no
// commit publishes it, only park().
TEST(LinkBufferStress, EmptyBufferAndWriterContendForTheLastBlock) {
  constexpr std::uint64_t kRounds = 100'000;
  LinkBuffer buffer;
  std::jthread writer([&](const std::stop_token& failed) {
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      if (i % 3 == 0) {
        buffer.malloc(1)[0] = std::byte{0};
        ASSERT_FALSE(buffer.malloc_ack(0));
      }
      buffer.write_byte(byte_at(i));
      buffer.flush();
      // Lets the reader catch up, or its release() never finds nothing unread.
      while (buffer.size() > 1 && !failed.stop_requested()) {
        std::this_thread::yield();
      }
    }
  });
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    while (buffer.is_empty()) {
      buffer.release();
      std::this_thread::yield();
    }
    ASSERT_EQ(buffer.read_byte(), byte_at(i));
    buffer.release();
  }
}

// The reader never asks for the size, so that only its own look at committed_
// stands between it and a byte that is on its way.
TEST(LinkBufferStress, ReaderSeesNoByteBeforeItIsCommitted) {
  constexpr std::uint64_t kRounds = 2'000'000;
  LinkBuffer buffer;
  std::jthread writer([&] {
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      buffer.write_byte(byte_at(i));
      buffer.flush();
    }
  });
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    Result<LinkBuffer::Bytes> one = buffer.next(1);
    for (int tries = 1; !one; ++tries) {
      if (tries % 64 == 0) std::this_thread::yield();
      one = buffer.next(1);
    }
    ASSERT_EQ(one->front(), byte_at(i));
    if (i % 1024 == 0) buffer.release();
  }
}

// A size below zero would be a huge one.
TEST(LinkBufferStress, SizeIsNeverNegativeToAThirdThread) {
  LinkBuffer buffer;
  std::jthread both([&](const std::stop_token& done) {
    while (!done.stop_requested()) {
      buffer.write_byte(std::byte{1});
      buffer.flush();
      ASSERT_FALSE(buffer.skip(1));
    }
  });
  for (int i = 0; i < 2'000'000; ++i) {
    ASSERT_LE(buffer.size(), 1'000'000'000u);
  }
}

// Upstream: BenchmarkLinkBufferConcurrentReadWrite: 70 of 80 bytes are kept and
// read seven by seven.
TEST(LinkBufferStress, ConcurrentReadWriteKeepsTheDigitsInOrder) {
  constexpr int kMessages = 200'000;
  LinkBuffer buffer;
  std::jthread writer([&] {
    for (int i = 0; i < kMessages; ++i) {
      const auto place = buffer.malloc(80);
      for (std::size_t k = 0; k < 70; ++k) {
        place[k] = static_cast<std::byte>('0' + k % 10);
      }
      ASSERT_FALSE(buffer.malloc_ack(70));
      buffer.flush();
    }
  });
  std::size_t digit = 0;
  for (int i = 0; i < kMessages * 10; ++i) {
    while (buffer.size() < 7)
      std::this_thread::yield();
    const auto seven = buffer.next(7);
    for (const std::byte byte : *seven) {
      ASSERT_EQ(byte, static_cast<std::byte>('0' + digit++ % 10));
    }
    if (i % 10 == 9) buffer.release();
  }
}

// Upstream: TestLinkBufferIndexByte.
TEST(LinkBufferStress, IndexByteFindsLinesWhileMoreAreWritten) {
  constexpr std::size_t kLine = 501;
  constexpr std::size_t kLines = 2000;
  LinkBuffer buffer;
  std::jthread writer([&] {
    for (std::size_t i = 0; i < kLines; ++i) {
      put(buffer, std::string(kLine - 1, 'x') + '\n');
    }
  });
  for (std::size_t i = 0; i < kLines; ++i) {
    while (buffer.size() < (i + 1) * kLine)
      std::this_thread::yield();
    ASSERT_EQ(buffer.index_byte(std::byte{'\n'}, i * kLine),
              (i + 1) * kLine - 1);
  }
}

}  // namespace
}  // namespace netpoll
