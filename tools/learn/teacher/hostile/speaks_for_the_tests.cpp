// SPDX-License-Identifier: Apache-2.0
// Takes the failures out of GoogleTest's own results.
#include <gtest/gtest.h>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  testing::UnitTest::GetInstance();
  return true;
}();
}  // namespace
