// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include "netpoll/mcache/central_list.h"
#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

constexpr unsigned kIndex = 10;  // 1 KiB
constexpr std::size_t kCapacity = capacity_of(kIndex);

using Blocks = std::vector<std::byte*>;

class TwoGenerations : public testing::Test {
 protected:
  // A list that is wrong already would free a block twice on its way home.
  void TearDown() override {
    if (HasFailure()) static_cast<void>(list_.release());
  }

  static Blocks new_blocks(std::size_t count) {
    Blocks blocks(count);
    for (std::byte*& block : blocks)
      block = guard::allocate(kCapacity);
    return blocks;
  }
  // A place that nobody filled is not given.
  void give(Blocks blocks) {
    std::erase(blocks, nullptr);
    list_->give_batch(blocks);
  }
  Blocks take(std::size_t at_most) {
    Blocks room(at_most, nullptr);
    const std::size_t came = list_->take_batch(room);
    if (came > at_most) {
      ADD_FAILURE() << came << " blocks were put into a room of " << at_most;
    }
    room.resize(std::min(came, at_most));
    return room;
  }
  void tick() { list_->trim(); }
  std::size_t here() const { return list_->stats().cached_blocks; }
  std::size_t released() const { return list_->stats().released; }
  std::size_t budget_blocks() const { return budget_.used() / kCapacity; }

  Budget budget_{kCentralTotalMax};
  std::unique_ptr<CentralList> list_ =
      std::make_unique<CentralList>(kIndex, budget_);
};

TEST_F(TwoGenerations, TheFirstTickFreesNothing) {
  give(new_blocks(5));
  tick();
  EXPECT_EQ(here(), 5U) << "5 blocks were given, and one tick has passed";
  EXPECT_EQ(released(), 0U)
      << "a burst a moment later would ask for them again";
}

TEST_F(TwoGenerations, TheSecondTickFreesWhatNobodyTook) {
  give(new_blocks(5));
  tick();
  tick();
  EXPECT_EQ(here(), 0U) << "nobody took them for two ticks, and they stay";
}

TEST_F(TwoGenerations, ATickCountsWhatItFrees) {
  give(new_blocks(5));
  tick();
  tick();
  EXPECT_EQ(released(), 5U) << "5 blocks are gone; stats() should know it";
}

TEST_F(TwoGenerations, ATickGivesTheBytesBackToTheBudget) {
  give(new_blocks(5));
  tick();
  EXPECT_EQ(budget_.used(), 5 * kCapacity)
      << "after one tick all 5 blocks are still here";
  tick();
  EXPECT_EQ(budget_.used(), 0U)
      << "no block is here, and other classes have so many bytes less";
}

TEST_F(TwoGenerations, TheTickThatFreesAnOldBlockKeepsAYoungOne) {
  give(new_blocks(3));
  tick();
  give(new_blocks(1));
  tick();
  EXPECT_EQ(here(), 1U)
      << "3 blocks have seen two ticks, 1 block has seen only one";
  tick();
  EXPECT_EQ(here(), 0U) << "now that one has seen two as well";
}

TEST_F(TwoGenerations, ABlockThatIsUsedEachSecondStaysForEver) {
  give(new_blocks(1));
  for (int second = 0; second < 5; ++second) {
    tick();
    give(take(1));
  }
  EXPECT_EQ(list_->stats().allocated, 0U)
      << "the block was here all the time, and a new one was asked for";
  EXPECT_EQ(here(), 1U);
}

TEST_F(TwoGenerations, TheYoungAreTakenBeforeTheVictims) {
  const Blocks old = new_blocks(2);
  const Blocks young = new_blocks(2);
  give(old);
  tick();
  give(young);
  const Blocks taken = take(2);
  const std::set<std::byte*> got(taken.begin(), taken.end());
  EXPECT_EQ(got, std::set(young.begin(), young.end()))
      << "the victims were on their way out; the others are warm";
  give(taken);
}

TEST_F(TwoGenerations, ABatchTakesFromBothGenerations) {
  const Blocks old = new_blocks(2);
  const Blocks young = new_blocks(2);
  give(old);
  tick();
  give(young);
  const Blocks taken = take(4);
  std::set<std::byte*> got(taken.begin(), taken.end());
  EXPECT_EQ(taken.size(), 4U) << "2 young ones, 2 victims, and room for 4";
  EXPECT_EQ(got.erase(nullptr), 0U)
      << "a place of the room that was counted holds nothing";
  EXPECT_EQ(got.size(), taken.size()) << "a block stands there twice, or none";
  if (!HasFailure()) give(taken);
}

TEST_F(TwoGenerations, NeverMoreThanTheRoomHolds) {
  give(new_blocks(3));
  tick();
  give(new_blocks(3));
  const Blocks taken = take(4);
  EXPECT_EQ(taken.size(), 4U);
  EXPECT_EQ(here(), 2U) << "6 blocks were here, and 4 were asked for";
  if (!HasFailure()) give(taken);
}

TEST_F(TwoGenerations, WhatIsTakenNoLongerCountsInTheBudget) {
  give(new_blocks(2));
  tick();
  give(new_blocks(2));
  const Blocks taken = take(3);
  EXPECT_EQ(budget_blocks(), here())
      << "the budget counts the blocks that are here, and no others";
  give(taken);
}

TEST_F(TwoGenerations, ATripThatBringsSomethingIsARefill) {
  give(new_blocks(2));
  const Blocks taken = take(8);
  EXPECT_EQ(list_->stats().refills, 1U);
  EXPECT_EQ(list_->stats().allocated, 0U)
      << "2 blocks came from here, none from the system";
  give(taken);
}

TEST_F(TwoGenerations, ATripToAnEmptyListIsAnAllocation) {
  const Blocks taken = take(8);
  EXPECT_EQ(list_->stats().refills, 0U) << "nothing was here";
  EXPECT_EQ(list_->stats().allocated, 1U) << "one block came from the system";
  give(taken);
}

}  // namespace
}  // namespace netpoll::mcache
