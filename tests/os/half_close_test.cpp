// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/half_close.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/net.h"
#include "support/tcp.h"

namespace netpoll::os {
namespace {

// Takes "hello" out of `fd`, and keeps none of it.
void discard_hello(int fd) {
  std::size_t discarded = 0;
  EXPECT_TRUE(test::eventually([&] {
    const Result<Moved> moved = discard(fd);
    if (moved) discarded += moved->bytes;
    return discarded == 5;
  }));
}

// Two pollers do so for two connections. Under ThreadSanitizer. Broken variant:
// discard() calls recv() with a null pointer.
TEST(HalfClose, TwoThreadsDiscardAtTheSameTime) {
  const test::Pair one = test::tcp_pair();
  const test::Pair other = test::tcp_pair();
  test::send_all(one.far.get(), "hello");
  test::send_all(other.far.get(), "hello");
  std::jthread thread([&] { discard_hello(one.near.get()); });
  discard_hello(other.near.get());
}

TEST(HalfClose, DiscardSaysWhatThereIs) {
  test::Pair pair = test::tcp_pair();
  EXPECT_TRUE(discard(pair.near.get())->again);
  test::send_all(pair.far.get(), "hello");
  discard_hello(pair.near.get());
  EXPECT_TRUE(discard(pair.near.get())->again);
  pair.far.reset();
  EXPECT_TRUE(test::eventually([&] { return discard(pair.near.get())->eof; }));
}

}  // namespace
}  // namespace netpoll::os
