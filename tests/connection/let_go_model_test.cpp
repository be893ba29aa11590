// SPDX-License-Identifier: Apache-2.0
//
// How a connection uses its keys, under every interleaving: no input is left
// unhandled, no close without a tear-down and never two, no handler overlaps
// it, and on_disconnect runs once, after on_connect.
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "connection/let_go_model.h"

namespace netpoll {
namespace {

using model::explore;
using model::Options;
using model::Report;
using model::require;
using model::Step;

// A worker is in its task, and holds the key.
template <Fault kFault, bool kServes = true>
struct Working : Conn<kFault> {
  Working() : Conn<kFault>(kServes) {
    this->life.fetch_or(Conn<kFault>::connected, std::memory_order_acq_rel);
    this->keys.try_process();
  }
};

// A worker is about to run on_connect.
template <Fault kFault>
struct Greeting : Conn<kFault> {
  Greeting() : Conn<kFault>(true) { this->keys.try_process(); }
};

template <class World>
void work(World& w) {
  w.run_task();
}

// The same from where it has looked for input, and found none.
template <class World>
void finish(World& w) {
  if (w.let_go()) w.run_task();
}

template <class World>
void receive(World& w) {
  w.on_readable();
}

template <class World>
void receive_twice(World& w) {
  w.on_readable();
  w.on_readable();
}

template <class World>
void receive_and_hang_up(World& w) {
  w.on_readable();
  w.hang_up(ClosedBy::peer);
}

template <class World>
void hang_up(World& w) {
  w.hang_up(ClosedBy::peer);
}

template <class World>
void hang_up_and_fail(World& w) {
  w.hang_up(ClosedBy::peer);
  w.hang_up(ClosedBy::error);
}

template <class World>
void close(World& w) {
  w.close();
}

template <class World>
void look_after(World& w) {
  const bool closed = !w.keys.is_active();
  const bool by_user = w.has(World::user_closed);
  require(w.torn_down.get() == (closed ? 1 : 0),
          "torn down once if closed, and never else");
  require(w.keys.is_processing() == closed,
          "the key is free, or kept for ever");
  require(by_user || w.size() == 0, "no input is left unhandled");
  require(w.told.get() == (w.has(World::hung_up) ? 1 : 0),
          "on_disconnect runs once if the peer was first");
}

// Also: on_disconnect comes after on_connect.
template <class World>
void look_after_greeting(World& w) {
  look_after(w);
  require(w.greeted.get(), "on_connect has run");
}

template <class World>
Report run(const std::vector<Step<World>>& threads, const Options& options,
           const Step<World>& after = look_after<World>) {
  return explore<World>(threads, after, options);
}

template <Fault kFault>
std::vector<model::Scenario> scenarios() {
  using W = Working<kFault>;
  using N = Working<kFault, false>;  // no on_request
  using G = Greeting<kFault>;
  using O = const Options&;
  return {
      {"Input", [](O o) { return run<W>({work<W>, receive_twice<W>}, o); }},
      {"UserCloses", [](O o) { return run<W>({work<W>, close<W>}, o); }},
      {"PeerCloses", [](O o) { return run<W>({work<W>, hang_up<W>}, o); }},
      {"PeerClosesAndFails",
       [](O o) { return run<W>({work<W>, hang_up_and_fail<W>}, o); }},
      {"InputThenPeerCloses",
       [](O o) { return run<W>({finish<W>, receive_and_hang_up<W>}, o); }},
      {"TwoUsersClose",
       [](O o) { return run<N>({work<N>, close<N>, close<N>}, o); }},
      {"UserAndPeerClose",
       [](O o) { return run<N>({work<N>, close<N>, hang_up<N>}, o); }},
      {"InputAndUserCloses",
       [](O o) { return run<W>({finish<W>, receive<W>, close<W>}, o); }},
      {"PeerClosesDuringOnConnect",
       [](O o) {
         return run<G>({work<G>, hang_up<G>}, o, look_after_greeting<G>);
       }},
      {"InputThenPeerClosesDuringOnConnect",
       [](O o) {
         return run<G>({work<G>, receive_and_hang_up<G>}, o,
                       look_after_greeting<G>);
       }},
      {"UserClosesDuringOnConnect",
       [](O o) { return run<G>({work<G>, close<G>}, o); }},
  };
}

class LetGoModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(LetGoModel, HoldsInEveryExecution) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
  std::cout << report.executions << " executions, " << report.cut_short
            << " cut short\n";
}

INSTANTIATE_TEST_SUITE_P(Connection, LetGoModel,
                         testing::ValuesIn(scenarios<Fault::none>()),
                         model::name_of_scenario);

// The test of the tests: without any one of these, something is lost.
template <Fault kFault>
bool is_noticed_by(const std::string& name) {
  for (const model::Scenario& scenario : scenarios<kFault>()) {
    if (scenario.name != name) continue;
    const Report report = scenario.run({});
    std::cout << report.failure;
    return !report.failure.empty();
  }
  return false;
}

TEST(LetGo, WithoutASecondLookSomethingIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::no_second_look>("Input"));
  EXPECT_TRUE(is_noticed_by<Fault::no_second_look>("UserCloses"));
}

TEST(LetGo, WithoutASecondLookForInputItIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::no_look_for_input>("Input"));
}

TEST(LetGo, WithoutASecondLookForACloseItIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::no_look_for_close>("UserCloses"));
}

TEST(LetGo, SecondLookIsUselessWithoutTheKey) {
  EXPECT_TRUE(is_noticed_by<Fault::second_look_keeps>("Input"));
}

TEST(LetGo, InputThatDoesNotTryTheKeyIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::input_without_key>("Input"));
}

TEST(LetGo, CloseThatDoesNotTryTheKeyIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::close_without_key>("UserCloses"));
}

TEST(LetGo, DisconnectThatDoesNotTryTheKeyIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::told_without_key>("PeerCloses"));
}

TEST(LetGo, InputIsLostIfTheTearDownDoesNotLookForIt) {
  EXPECT_TRUE(
      is_noticed_by<Fault::input_looked_at_last>("InputThenPeerCloses"));
}

TEST(LetGo, InputIsLostIfItIsLookedForBeforeTheClose) {
  EXPECT_TRUE(
      is_noticed_by<Fault::input_looked_at_first>("InputThenPeerCloses"));
}

TEST(LetGo, DisconnectIsLostIfConnectedIsSetAfterTheLook) {
  EXPECT_TRUE(
      is_noticed_by<Fault::connected_by_load>("PeerClosesDuringOnConnect"));
}

}  // namespace
}  // namespace netpoll
