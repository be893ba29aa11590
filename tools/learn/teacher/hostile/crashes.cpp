// SPDX-License-Identifier: Apache-2.0
// Writes where nothing is.
namespace {
[[maybe_unused]] const bool kHarm = [] {
  *reinterpret_cast<volatile int*>(8) = 1;
  return true;
}();
}  // namespace
