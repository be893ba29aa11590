// SPDX-License-Identifier: Apache-2.0
//
// Nobody reads the connection that the handlers get here; it is any reference.
#include "netpoll/connection/handler_slot.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "connection/support.h"

namespace netpoll {
namespace {

class HandlerSlotTest : public testing::Test {
 protected:
  Handler says(char letter) {
    return [this, letter](Connection&) { said += letter; };
  }
  void call(HandlerSlot& slot) { slot.get()(served.conn()); }

  test::Served served{{}};
  std::string said;
};

TEST_F(HandlerSlotTest, CallsTheFirst) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  EXPECT_TRUE(slot.is_set());
  EXPECT_FALSE(slot.has_new());
  call(slot);
  EXPECT_EQ(said, "a");
}

TEST_F(HandlerSlotTest, EmptyFirstIsNone) {
  const Handler none;
  HandlerSlot slot(none);
  EXPECT_FALSE(slot.is_set());
  EXPECT_FALSE(slot.has_new());
}

TEST_F(HandlerSlotTest, SecondTakesThePlaceOfTheFirst) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  slot.set(says('b'));
  EXPECT_TRUE(slot.has_new());
  call(slot);
  EXPECT_FALSE(slot.has_new());
  call(slot);
  EXPECT_EQ(said, "bb");
}

TEST_F(HandlerSlotTest, OfSeveralOnlyTheLastIsCalled) {
  const Handler none;
  HandlerSlot slot(none);
  slot.set(says('a'));
  slot.set(says('b'));
  EXPECT_TRUE(slot.is_set());
  call(slot);
  EXPECT_EQ(said, "b");
}

TEST_F(HandlerSlotTest, EmptyOneIsIgnored) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  slot.set({});
  EXPECT_FALSE(slot.has_new());
  call(slot);
  EXPECT_EQ(said, "a");
}

TEST_F(HandlerSlotTest, HandlerMayReplaceItselfWhileItRuns) {
  HandlerSlot* slot = nullptr;
  const auto alive = std::make_shared<char>('1');
  const Handler none;
  HandlerSlot own(none);
  slot = &own;
  own.set([&, alive](Connection&) {
    slot->set(says('2'));
    said += *alive;  // what this one holds is still there
  });
  call(own);
  call(own);
  EXPECT_EQ(said, "12");
  EXPECT_EQ(alive.use_count(), 1);
}

TEST_F(HandlerSlotTest, FreesWhatWasNeverCalled) {
  const auto held = std::make_shared<int>(0);
  {
    const Handler none;
    HandlerSlot slot(none);
    slot.set([held](Connection&) {});
    slot.set([held](Connection&) {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace netpoll
