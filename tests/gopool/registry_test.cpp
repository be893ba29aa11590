// SPDX-License-Identifier: Apache-2.0
#include "netpoll/gopool/registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "netpoll/base/error.h"

namespace netpoll {
namespace {

std::unique_ptr<GoPool> named(std::string name) {
  return std::make_unique<GoPool>(GoPoolOptions{.name = std::move(name)});
}

TEST(GoPoolRegistry, FindsWhatWasAddedByItsName) {
  GoPoolRegistry registry;
  auto pool = named("rpc");
  GoPool* const address = pool.get();
  ASSERT_FALSE(registry.add(std::move(pool)));
  EXPECT_EQ(registry.find("rpc"), address);
}

TEST(GoPoolRegistry, HasNothingUnderAnUnknownName) {
  GoPoolRegistry registry;
  ASSERT_FALSE(registry.add(named("rpc")));
  EXPECT_EQ(registry.find("disk"), nullptr);
}

TEST(GoPoolRegistry, RefusesASecondPoolOfOneNameAndLeavesItToTheCaller) {
  GoPoolRegistry registry;
  ASSERT_FALSE(registry.add(named("rpc")));
  GoPool* const first = registry.find("rpc");
  auto second = named("rpc");
  EXPECT_EQ(registry.add(std::move(second)), Errc::invalid_argument);
  EXPECT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): refused
  EXPECT_EQ(registry.find("rpc"), first);
}

TEST(GoPoolRegistry, DrainsItsPoolsWhenItEnds) {
  bool ran = false;
  {
    GoPoolRegistry registry;
    ASSERT_FALSE(registry.add(named("rpc")));
    ASSERT_TRUE(registry.find("rpc")->go([&ran] { ran = true; }));
  }
  EXPECT_TRUE(ran);
}

TEST(GoPoolRegistry, TwoRegistriesShareNothing) {
  GoPoolRegistry one;
  GoPoolRegistry other;
  ASSERT_FALSE(one.add(named("rpc")));
  EXPECT_EQ(other.find("rpc"), nullptr);
  EXPECT_FALSE(other.add(named("rpc")));
}

}  // namespace
}  // namespace netpoll
