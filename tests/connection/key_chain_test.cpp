// SPDX-License-Identifier: Apache-2.0
//
// Every arrow of the picture in key_chain.h.
#include "netpoll/connection/key_chain.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/net.h"

namespace netpoll {
namespace {

using Flush = KeyChain<>::Flush;

TEST(KeyChain, IsOpenFreeAndIdleAtFirst) {
  const KeyChain<> keys;
  EXPECT_TRUE(keys.is_active());
  EXPECT_EQ(keys.closed_by(), ClosedBy::none);
  EXPECT_FALSE(keys.is_processing());
}

class KeyChainClose : public testing::TestWithParam<ClosedBy> {};

TEST_P(KeyChainClose, RemembersWhoCameFirst) {
  KeyChain<> keys;
  EXPECT_TRUE(keys.try_close(GetParam()));
  EXPECT_FALSE(keys.is_active());
  EXPECT_EQ(keys.closed_by(), GetParam());
  EXPECT_FALSE(keys.try_close(ClosedBy::user));
  EXPECT_FALSE(keys.try_close(ClosedBy::peer));
  EXPECT_FALSE(keys.try_close(ClosedBy::error));
  EXPECT_EQ(keys.closed_by(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(KeyChain, KeyChainClose,
                         testing::Values(ClosedBy::user, ClosedBy::peer,
                                         ClosedBy::error));

TEST(KeyChain, FailTurnsThePeersCloseIntoAnError) {
  KeyChain<> keys;
  keys.try_close(ClosedBy::peer);
  keys.fail();
  EXPECT_EQ(keys.closed_by(), ClosedBy::error);
}

TEST(KeyChain, FailChangesNothingElse) {
  KeyChain<> open;
  open.fail();
  EXPECT_EQ(open.closed_by(), ClosedBy::none);
  KeyChain<> ours;
  ours.try_close(ClosedBy::user);
  ours.fail();
  EXPECT_EQ(ours.closed_by(), ClosedBy::user);
}

TEST(KeyChain, ProcessingIsHeldByOne) {
  KeyChain<> keys;
  EXPECT_TRUE(keys.try_process());
  EXPECT_TRUE(keys.is_processing());
  EXPECT_FALSE(keys.try_process());
}

TEST(KeyChain, ProcessingIsFreeAgainOnceGivenBack) {
  KeyChain<> keys;
  keys.try_process();
  keys.stop_processing();
  EXPECT_FALSE(keys.is_processing());
  EXPECT_TRUE(keys.try_process());
}

TEST(KeyChain, FlushingIsHeldByOne) {
  KeyChain<> keys;
  EXPECT_EQ(keys.try_flush(), Flush::idle);
  EXPECT_EQ(keys.try_flush(), Flush::busy);
  keys.end_flush();
  EXPECT_EQ(keys.try_flush(), Flush::idle);
}

TEST(KeyChain, StoppedFlushingStaysStopped) {
  KeyChain<> keys;
  keys.try_close(ClosedBy::user);
  keys.stop_flushing();
  EXPECT_EQ(keys.try_flush(), Flush::stopped);
  EXPECT_EQ(keys.try_flush(), Flush::stopped);
}

TEST(KeyChain, StopFlushingTwiceIsStoppingOnce) {
  KeyChain<> keys;
  keys.try_close(ClosedBy::user);
  keys.stop_flushing();
  keys.stop_flushing();
  EXPECT_EQ(keys.try_flush(), Flush::stopped);
}

TEST(KeyChain, StopFlushingWaitsForTheFlushUnderWay) {
  KeyChain<> keys;
  keys.try_flush();
  keys.try_close(ClosedBy::user);
  std::atomic<bool> called{false};
  std::atomic<bool> ended{false};
  bool waited = false;
  std::jthread closer([&] {
    called = true;
    keys.stop_flushing();
    waited = ended;
  });
  EXPECT_TRUE(test::eventually([&] { return called.load(); }));
  test::give_others_a_chance();
  ended = true;
  keys.end_flush();
  closer.join();
  EXPECT_TRUE(waited);
  EXPECT_EQ(keys.try_flush(), Flush::stopped);
}

}  // namespace
}  // namespace netpoll
