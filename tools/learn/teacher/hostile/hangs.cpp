// SPDX-License-Identifier: Apache-2.0
// Does not end, before main() begins.
namespace {
[[maybe_unused]] const bool kHarm = [] {
  volatile bool on = true;
  while (on) {
  }
  return true;
}();
}  // namespace
