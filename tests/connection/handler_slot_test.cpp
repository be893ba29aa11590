// SPDX-License-Identifier: Apache-2.0
//
// Nobody reads the connection that the handlers get here; it is any reference.
#include "netpoll/connection/handler_slot.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "connection/support.h"

namespace netpoll {
namespace {

class HandlerSlotTest : public testing::Test {
 protected:
  Handler says(char letter) {
    return [this, letter](Connection&) { said += letter; };
  }
  static void set(HandlerSlot& slot, Handler next) {
    static_cast<void>(
        slot.set(std::make_unique<const Handler>(std::move(next))));
  }
  // As the connection does between two calls.
  void call(HandlerSlot& slot) {
    static_cast<void>(slot.renew());
    slot.get()(served.conn());
  }

  test::Served served{{}};
  std::string said;
};

TEST_F(HandlerSlotTest, CallsTheFirst) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  EXPECT_TRUE(slot.is_set());
  call(slot);
  EXPECT_EQ(said, "a");
}

TEST_F(HandlerSlotTest, EmptyFirstIsNone) {
  const Handler none;
  HandlerSlot slot(none);
  EXPECT_FALSE(slot.is_set());
}

TEST_F(HandlerSlotTest, SecondTakesThePlaceOfTheFirst) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  set(slot, says('b'));
  call(slot);
  call(slot);
  EXPECT_EQ(said, "bb");
}

TEST_F(HandlerSlotTest, OfSeveralOnlyTheLastIsCalled) {
  const Handler none;
  HandlerSlot slot(none);
  set(slot, says('a'));
  set(slot, says('b'));
  EXPECT_TRUE(slot.is_set());
  call(slot);
  EXPECT_EQ(said, "b");
}

TEST_F(HandlerSlotTest, EmptyOneTakesTheHandlerAway) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  set(slot, {});
  EXPECT_FALSE(slot.is_set());
  static_cast<void>(slot.renew());
  EXPECT_EQ(slot.get(), nullptr);
}

TEST_F(HandlerSlotTest, HandlerMayReplaceItselfWhileItRuns) {
  const auto alive = std::make_shared<char>('1');
  const Handler none;
  HandlerSlot slot(none);
  set(slot, [&, alive](Connection&) {
    set(slot, says('2'));
    said += *alive;  // what this one holds is still there
  });
  call(slot);
  call(slot);
  EXPECT_EQ(said, "12");
  EXPECT_EQ(alive.use_count(), 1);
}

// Broken variant: renew() destroys the old handler itself, under the
// connection's mutex, which the destructor of a capture may want to lock.
TEST_F(HandlerSlotTest, ReplacedOnesAreTheCallersToDestroy) {
  const auto held = std::make_shared<int>(0);
  const Handler none;
  HandlerSlot slot(none);
  set(slot, [held](Connection&) {});
  const auto never_called =
      slot.set(std::make_unique<const Handler>([held](Connection&) {}));
  EXPECT_EQ(held.use_count(), 3);
  static_cast<void>(slot.renew());
  set(slot, {});
  const auto old = slot.renew();
  EXPECT_EQ(held.use_count(), 3);
}

}  // namespace
}  // namespace netpoll
