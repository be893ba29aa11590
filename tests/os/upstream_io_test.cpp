// SPDX-License-Identifier: Apache-2.0
//
// Pieces that need care: empty ones, and one that is larger than a call can
// move. And dials whose time is up before they began.
// Upstream: sys_exec_test.go, connection_test.go:741.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

#include "netpoll/os/io.h"
#include "netpoll/os/socket.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using test::bytes_of;
using test::FdsBalance;
using test::Pair;
using test::receive;
using test::socket_pair;

// More than 4 GiB of zeros that cost no memory: all of it is one page.
class Vast {
 public:
  static constexpr std::size_t kSize = (std::size_t{1} << 32) + 100;

  Vast() = default;
  Vast(const Vast&) = delete;
  Vast& operator=(const Vast&) = delete;
  ~Vast() { ::munmap(base_, kSize); }

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(base_), kSize};
  }
  bool is_there() const { return base_ != MAP_FAILED; }

 private:
  void* base_ = ::mmap(nullptr, kSize, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
};

// Broken variant: send_many() takes an empty piece for the end.
TEST(IoVecs, EmptyPiecesAreNoEndAndNoError) {
  const FdsBalance balance;
  const Pair pair = socket_pair();
  const std::array<std::span<const std::byte>, 4> pieces{
      bytes_of(""), bytes_of("first line"), bytes_of("second line"),
      bytes_of("third line")};
  EXPECT_EQ(sendmsg(pair.near.get(), pieces)->bytes, 31u);
  EXPECT_EQ(receive(pair.far.get(), 31), "first linesecond linethird line");
}

// Broken variant: send_one() passes the size as an unsigned, which is 100.
TEST(IoVecs, OnePieceOfMoreThanFourGibibytesIsSentAsFarAsThereIsRoom) {
  const FdsBalance balance;
  const Pair pair = socket_pair();
  const Vast vast;
  ASSERT_TRUE(vast.is_there());
  const std::array<std::span<const std::byte>, 1> piece{vast.bytes()};
  const Result<Moved> moved = sendmsg(pair.near.get(), piece);
  ASSERT_TRUE(moved);
  EXPECT_GT(moved->bytes, 100u);
  EXPECT_LE(moved->bytes, std::size_t{INT_MAX});
}

// Broken variant: send_many() passes the sizes as unsigneds.
TEST(IoVecs, PiecesBeforeAVastOneAreSentInOrder) {
  const FdsBalance balance;
  const Pair pair = socket_pair();
  const Vast vast;
  ASSERT_TRUE(vast.is_there());
  const std::array<std::span<const std::byte>, 4> pieces{
      bytes_of("0123456789"), bytes_of("01234567890123456789"), vast.bytes(),
      bytes_of("never")};
  const Result<Moved> moved = sendmsg(pair.near.get(), pieces);
  ASSERT_TRUE(moved);
  EXPECT_GT(moved->bytes, 10u + 20u + 100u + 5u);
  EXPECT_EQ(receive(pair.far.get(), 31),
            std::string("012345678901234567890123456789") + '\0');
}

// A backlog that has room for one, and dials that give up after the least time
// there is. Broken variant: connect_to() lets go of the descriptor unclosed.
TEST(ConnectTo, WithTheLeastTimeoutConnectsOrTimesOutAndLeavesNothing) {
  const FdsBalance balance;
  UniqueFd listener = *listen_on(*Address::parse("tcp", "127.0.0.1:0"));
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  const Address address = *Address::local_of(listener.get());
  std::atomic<int> others{0};
  std::vector<std::jthread> dialers;
  for (int i = 0; i < 4; ++i) {
    dialers.emplace_back([&] {
      for (int dial = 0; dial < 100; ++dial) {
        const auto fd = connect_to(address, std::chrono::milliseconds(1));
        if (!fd && fd.error() != Errc::dial_timeout) ++others;
        static_cast<void>(accept4(listener.get()));
      }
    });
  }
  dialers.clear();
  EXPECT_EQ(others, 0);
}

}  // namespace
}  // namespace netpoll::os
