// SPDX-License-Identifier: Apache-2.0
//
// Nobody reads the connection that the handlers get here; it is any reference.
#include "netpoll/connection/handler_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "connection/support.h"

namespace netpoll {
namespace {

class HandlerSlotTest : public testing::Test {
 protected:
  Handler says(char letter) {
    return [this, letter](Connection&) { said += letter; };
  }
  void set(HandlerSlot& slot, Handler next) {
    slot.set(mutex, std::move(next));
  }
  void call(HandlerSlot& slot) { slot.newest(mutex)(served.conn()); }

  Mutex mutex;
  std::string said;
  test::Served served{{}};
};

TEST_F(HandlerSlotTest, CallsTheFirst) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  EXPECT_TRUE(slot.is_set(mutex));
  call(slot);
  EXPECT_EQ(said, "a");
}

TEST_F(HandlerSlotTest, EmptyFirstIsNone) {
  const Handler none;
  HandlerSlot slot(none);
  EXPECT_FALSE(slot.is_set(mutex));
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
  EXPECT_TRUE(slot.is_set(mutex));
  call(slot);
  EXPECT_EQ(said, "b");
}

TEST_F(HandlerSlotTest, EmptyOneTakesTheHandlerAway) {
  const Handler first = says('a');
  HandlerSlot slot(first);
  set(slot, {});
  EXPECT_FALSE(slot.is_set(mutex));
  EXPECT_EQ(slot.newest(mutex), nullptr);
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

// Broken variant: a replaced handler is destroyed under the mutex, which the
// destructor of what it captures wants to lock.
TEST_F(HandlerSlotTest, DestroysReplacedOnesWithoutTheMutex) {
  struct Locks {
    explicit Locks(Mutex& its) : mutex(its) {}
    ~Locks() { const Lock lock(mutex); }
    Mutex& mutex;
  };
  const Handler none;
  HandlerSlot slot(none);
  for (int i = 0; i < 2; ++i) {
    set(slot, [held = std::make_shared<Locks>(mutex)](Connection&) {});
    set(slot, [held = std::make_shared<Locks>(mutex)](Connection&) {});
    static_cast<void>(slot.newest(mutex));
  }
  EXPECT_TRUE(slot.is_set(mutex));
}

// For ThreadSanitizer: nothing but the mutex orders the two threads. Broken
// variants: set(), is_set() or newest() takes no lock.
TEST_F(HandlerSlotTest, IsSetByAnyThreadWhileTheCallerLooks) {
  const Handler none;
  HandlerSlot slot(none);
  std::latch ready(3);
  std::atomic<bool> answer;  // written, so that the compiler keeps the question
  std::thread setter([&] {
    ready.arrive_and_wait();
    set(slot, says('a'));
  });
  std::thread asker([&] {
    ready.arrive_and_wait();
    answer = slot.is_set(mutex);
  });
  ready.arrive_and_wait();
  static_cast<void>(slot.newest(mutex));
  setter.join();
  asker.join();
  call(slot);
  EXPECT_EQ(said, "a");
}

}  // namespace
}  // namespace netpoll
