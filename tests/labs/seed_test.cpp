// SPDX-License-Identifier: Apache-2.0
#include "labs/seed.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

namespace netpoll::test {
namespace {

// The environment as it was, afterwards.
class SeedTest : public testing::Test {
 protected:
  SeedTest() : had_(std::getenv("LAB_SEED") != nullptr) {
    if (had_) before_ = std::getenv("LAB_SEED");
    ::unsetenv("LAB_SEED");
  }
  ~SeedTest() override {
    if (had_) {
      ::setenv("LAB_SEED", before_.c_str(), 1);
    } else {
      ::unsetenv("LAB_SEED");
    }
  }

  static void set(const char* seed) { ::setenv("LAB_SEED", seed, 1); }

 private:
  bool had_;
  std::string before_;
};

using Sizes = std::vector<std::size_t>;

TEST_F(SeedTest, IsOneUnlessTheEnvironmentSaysAnother) {
  EXPECT_EQ(lab_seed(), 1U);
  set("20417");
  EXPECT_EQ(lab_seed(), 20417U);
  set("18446744073709551615");
  EXPECT_EQ(lab_seed(), 18446744073709551615U);
}

TEST_F(SeedTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "12x", "-1", " 1", "99999999999999999999"}) {
    set(text);
    EXPECT_THROW(lab_seed(), std::invalid_argument) << text;
  }
}

// Written down once: another library, compiler or machine must give the same.
TEST_F(SeedTest, GivesTheSameNumbersOnEveryMachine) {
  set("20417");
  Seeded numbers("a name");
  EXPECT_EQ(numbers.sizes(6, 1, 1000), (Sizes{29, 548, 979, 183, 26, 413}));
  EXPECT_EQ(numbers.cuts(100), (Sizes{13, 39, 20, 13, 15}));
  EXPECT_EQ(numbers.text(8), "kieatmri");
}

TEST_F(SeedTest, GivesOtherNumbersForAnotherSeedAndForAnotherName) {
  const Sizes one = Seeded("a name").sizes(6, 1, 1000);
  EXPECT_NE(Seeded("another").sizes(6, 1, 1000), one);
  set("2");
  EXPECT_NE(Seeded("a name").sizes(6, 1, 1000), one);
  set("4294967297");  // 2 to the power of 32, and 1
  EXPECT_NE(Seeded("a name").sizes(6, 1, 1000), one);
}

TEST_F(SeedTest, DrawsBothEndsAndNothingBeyond) {
  Seeded numbers("ends");
  Sizes seen = numbers.sizes(200, 3, 6);
  std::ranges::sort(seen);
  const auto again = std::ranges::unique(seen);
  seen.erase(again.begin(), again.end());
  EXPECT_EQ(seen, (Sizes{3, 4, 5, 6}));
}

TEST_F(SeedTest, CutsIntoPiecesThatAreTheWholeTogether) {
  Seeded numbers("cuts");
  for (std::size_t total = 0; total < 300; ++total) {
    const Sizes pieces = numbers.cuts(total);
    EXPECT_EQ(std::accumulate(pieces.begin(), pieces.end(), 0U), total);
    EXPECT_EQ(std::ranges::count(pieces, 0U), 0) << "no piece is empty";
    EXPECT_GE(pieces.size(), std::min<std::size_t>(total, 2));
    EXPECT_LE(pieces.size(), 8U);
  }
}

TEST_F(SeedTest, ShufflesWithoutLosingAnything) {
  Seeded numbers("shuffle");
  Sizes list(50);
  std::iota(list.begin(), list.end(), 0U);
  const Sizes before = list;
  numbers.shuffle(list);
  EXPECT_NE(list, before);
  std::ranges::sort(list);
  EXPECT_EQ(list, before);
}

}  // namespace
}  // namespace netpoll::test
