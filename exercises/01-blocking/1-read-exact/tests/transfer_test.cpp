// SPDX-License-Identifier: Apache-2.0
// What must hold, with a kernel that answers as the test says; and once with
// the real one.
#include "transfer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kernel.h"

namespace {

constexpr char kUntouched = '.';

// Room for so many bytes, with more memory behind it that is not for reading.
class Room {
 public:
  explicit Room(std::size_t size)
      : size_(size), memory_(size + 8, kUntouched) {}

  std::span<std::byte> span() {
    return std::as_writable_bytes(std::span(memory_)).first(size_);
  }
  std::string text() const { return memory_.substr(0, size_); }
  bool is_overrun() const {
    return memory_.substr(size_) != std::string(8, kUntouched);
  }

 private:
  std::size_t size_;
  std::string memory_;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// What read_exact did, as a sentence.
std::string told(const netpoll::Result<std::size_t>& got) {
  if (!got) return "failed: " + got.error().message();
  return std::to_string(*got) + " bytes";
}

std::string told(std::error_code error) {
  return error ? "failed: " + error.message() : "all written";
}

TEST(ReadExact, TakesWhatComesInOnePiece) {
  Kernel kernel("hello");
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())), "5 bytes");
  EXPECT_EQ(room.text(), "hello");
}

TEST(ReadExact, GoesOnAfterAShortRead) {
  Kernel kernel("hello");
  kernel.answers({2, 1, 2});
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())), "5 bytes")
      << "read(2) gave 2 bytes, then 1, then 2";
  EXPECT_EQ(kernel.unread(), "") << "these bytes were not fetched";
}

TEST(ReadExact, PutsEachPieceBehindTheLast) {
  Kernel kernel("hello");
  kernel.answers({2, 1, 2});
  Room room(5);
  static_cast<void>(read_exact(kernel.fd(), room.span()));
  EXPECT_EQ(room.text(), "hello") << "the pieces were he, l, lo";
}

TEST(ReadExact, LeavesTheNextMessageAlone) {
  Kernel kernel("hellonext");
  kernel.answers({2});
  Room room(5);
  static_cast<void>(read_exact(kernel.fd(), room.span()));
  EXPECT_FALSE(room.is_overrun()) << "bytes were put behind the end of room";
  EXPECT_EQ(kernel.unread(), "next") << "this must still wait to be read";
}

TEST(ReadExact, RepeatsACallThatASignalInterrupted) {
  Kernel kernel("hello");
  kernel.answers({kSignal, 2, kSignal, kSignal, 3});
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())), "5 bytes")
      << "signals came before the first byte, and in the middle";
  EXPECT_EQ(room.text(), "hello");
}

TEST(ReadExact, TellsHowFarItCameWhenTheStreamEnds) {
  Kernel kernel("hel");
  kernel.answers({2});
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())), "3 bytes")
      << "the peer sent hel and closed";
}

TEST(ReadExact, TellsOfAnEndBeforeTheFirstByte) {
  Kernel kernel("");
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())), "0 bytes");
}

// errno keeps the number of the last failure; a read that returns 0 leaves it.
TEST(ReadExact, EndsWhenTheStreamEndsAfterASignal) {
  Kernel kernel("hel");
  kernel.answers({kSignal});
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())), "3 bytes")
      << "a signal came, then hel, then the end";
}

TEST(ReadExact, PassesAFailureOn) {
  Kernel kernel("hello");
  kernel.answers({2, kFailure, 3});
  Room room(5);
  EXPECT_EQ(told(read_exact(kernel.fd(), room.span())),
            told(std::error_code(EIO, std::system_category())))
      << "the second read(2) failed with EIO";
}

TEST(ReadExact, AsksNothingForAnEmptyRoom) {
  Kernel kernel("hello");
  EXPECT_EQ(told(read_exact(kernel.fd(), {})), "0 bytes");
  EXPECT_EQ(kernel.unread(), "hello");
}

TEST(WriteAll, GoesOnAfterAShortWrite) {
  Kernel kernel;
  kernel.answers({2, 1});
  EXPECT_EQ(told(write_all(kernel.fd(), bytes_of("hello"))), "all written");
  EXPECT_EQ(kernel.written(), "hello")
      << "write(2) took 2 bytes, then 1, then whatever it was given";
}

TEST(WriteAll, RepeatsACallThatASignalInterrupted) {
  Kernel kernel;
  kernel.answers({kSignal, 2, kSignal, kSignal});
  EXPECT_EQ(told(write_all(kernel.fd(), bytes_of("hello"))), "all written");
  EXPECT_EQ(kernel.written(), "hello")
      << "signals came before the first byte, and in the middle";
}

TEST(WriteAll, PassesAFailureOnAndStops) {
  Kernel kernel;
  kernel.answers({2, kFailure});
  EXPECT_EQ(told(write_all(kernel.fd(), bytes_of("hello"))),
            told(std::error_code(EIO, std::system_category())))
      << "the second write(2) failed with EIO";
  EXPECT_EQ(kernel.written(), "he") << "nothing is written after a failure";
}

TEST(WriteAll, WritesNothingMoreThanOnce) {
  Kernel kernel;
  EXPECT_EQ(told(write_all(kernel.fd(), bytes_of("hello"))), "all written");
  EXPECT_EQ(kernel.written(), "hello");
  EXPECT_EQ(kernel.calls(), 1) << "one call took all; what was the other for?";
}

TEST(Transfer, AMebibyteCrossesARealSocket) {
  std::array<int, 2> ends{-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()),
            0);
  const std::string sent(1 << 20, 'x');
  std::thread other([&] {
    static_cast<void>(write_all(ends[1], bytes_of(sent)));
    ::close(ends[1]);
  });
  std::vector<std::byte> room(sent.size());
  const auto got = read_exact(ends[0], room);
  std::vector<std::byte> left(1 << 16);  // what a wrong reader leaves behind
  while (::read(ends[0], left.data(), left.size()) > 0) {
  }
  other.join();
  ::close(ends[0]);
  EXPECT_TRUE(got && *got == sent.size()) << "one read(2) gets what is there";
  EXPECT_TRUE(std::ranges::equal(room, bytes_of(sent)));
}

}  // namespace
