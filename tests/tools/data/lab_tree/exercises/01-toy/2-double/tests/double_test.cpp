// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

// What the program prints for one number.
std::string answer(int number) {
  const char* const program = std::getenv("LEARN_PROGRAM");
  const std::string line = "echo " + std::to_string(number) + " | " + program;
  FILE* const out = ::popen(line.c_str(), "r");
  std::array<char, 64> text{};
  if (std::fgets(text.data(), text.size(), out) == nullptr) text[0] = '\0';
  ::pclose(out);
  return text.data();
}

TEST(Double, OfNothingIsNothing) {
  EXPECT_EQ(answer(0), "0\n");
}

TEST(Double, OfThreeIsSix) {
  EXPECT_EQ(answer(3), "6\n");
}

TEST(Double, OfLessThanNothingIsLessStill) {
  EXPECT_EQ(answer(-2), "-4\n");
}

}  // namespace
