// SPDX-License-Identifier: Apache-2.0
// on_connect returns while the connection ends in a way that the seed chooses:
// every run of the two, and of three threads.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <vector>

#include "connection/lifecycle_worlds.h"
#include "labs/seed.h"

namespace netpoll {
namespace {

using test::expect_well;
using test::InOnConnect;
using test::Life;
using test::return_from_on_connect;
using test::Seeded;

using Event = void (*)(Life&);
constexpr std::array<Event, 3> kEvents = {test::end, test::fail, [](Life&) {}};

// The peer ends, then comes what the seed says; and a reset, and so on. Beside
// one of the two our own side closes.
TEST(GoodbyeHidden, WhateverThePeersEndItIsToldOnce) {
  Seeded numbers("GoodbyeHidden.Ends");
  const Event after_end = kEvents[numbers.between(0, 2)];
  const Event after_fail = kEvents[numbers.between(0, 2)];
  expect_well<InOnConnect>({return_from_on_connect, [=](Life& w) {
                              test::end(w);
                              after_end(w);
                            }});
  expect_well<InOnConnect>({return_from_on_connect, [=](Life& w) {
                              test::fail(w);
                              after_fail(w);
                            }});
  const Event theirs = kEvents[numbers.between(0, 1)];
  expect_well<InOnConnect>({return_from_on_connect, theirs, test::close});
}

}  // namespace
}  // namespace netpoll
