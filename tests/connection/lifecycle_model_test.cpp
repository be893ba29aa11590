// SPDX-License-Identifier: Apache-2.0
//
// The Lifecycle that ships, whole, under every interleaving of its events and
// every value that the memory model allows: no input is left unhandled, no end
// without a tear-down and never two, no handler overlaps another or comes after
// the tear-down, and on_disconnect runs once, after on_connect.
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "connection/lifecycle_model.h"

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
    require(this->life.try_hold(), "nobody else is there");
  }
};

// No thread holds the key.
template <Fault kFault>
struct Free : Conn<kFault> {
  Free() : Conn<kFault>(true) {}
};

// on_connect is due.
template <Fault kFault>
struct Greeting : Conn<kFault> {
  Greeting() : Conn<kFault>(true, true) {}
};

// A user holds a Ref.
template <Fault kFault>
struct Kept : Conn<kFault> {
  Kept() : Conn<kFault>(true) {
    this->users.fetch_add(1, std::memory_order_relaxed);
    this->keeps = true;
  }
};

template <class W>
void work(W& w) {
  w.work();
}
template <class W>
void start(W& w) {
  w.settle(w.life.look_again());
}
template <class W>
void receive(W& w) {
  w.input();
}
template <class W>
void receive_twice(W& w) {
  w.input();
  w.input();
}
template <class W>
void receive_and_end(W& w) {
  w.input();
  w.peer_ends(ClosedBy::peer);
}
template <class W>
void end(W& w) {
  w.peer_ends(ClosedBy::peer);
}
template <class W>
void end_and_fail(W& w) {
  w.peer_ends(ClosedBy::peer);
  w.peer_ends(ClosedBy::error);
}
template <class W>
void close(W& w) {
  w.close();
}
template <class W>
void replace(W& w) {
  w.replace_handler();
}
template <class W>
void drop(W& w) {
  w.drop_user();
}

// A reader beside the handler: an end that it sees comes after all input.
template <class W>
void read_until_the_end(W& w) {
  if (w.life.closed_by() != ClosedBy::peer) return;
  require(w.committed.load(std::memory_order_relaxed) == 1,
          "no input is committed after the peer's end");
}
// As Connection::close_if_quiet().
template <class W>
void hold_for_a_look(W& w) {
  if (!w.life.try_hold()) return;
  w.handled.set(w.handled.get());
  w.work();
}

template <class W>
void look_after(W& w) {
  const ClosedBy by = w.life.closed_by();
  const bool ended = by != ClosedBy::none;
  require(w.torn_down.get() == (ended ? 1 : 0),
          "torn down once if ended, and never else");
  require(w.life.is_held() == ended, "the key is free, or kept for ever");
  require(by == ClosedBy::user || by == ClosedBy::error || w.unread() == 0,
          "no input is left unhandled");
  require(w.told.get() <= 1, "on_disconnect runs once at most");
  require(by != ClosedBy::peer || w.told.get() == 1,
          "on_disconnect runs if the peer alone ended");
}

template <class W>
Report run(const std::vector<Step<W>>& threads, const Options& options) {
  return explore<W>(threads, look_after<W>, options);
}

template <Fault kFault>
std::vector<model::Scenario> scenarios() {
  using W = Working<kFault>;
  using N = Working<kFault, false>;  // no on_request
  using F = Free<kFault>;
  using G = Greeting<kFault>;
  using K = Kept<kFault>;
  using O = const Options&;
  return {
      {"Input", [](O o) { return run<W>({work<W>, receive_twice<W>}, o); }},
      {"UserCloses", [](O o) { return run<W>({work<W>, close<W>}, o); }},
      {"PeerEnds", [](O o) { return run<W>({work<W>, end<W>}, o); }},
      {"PeerEndsAndFails",
       [](O o) { return run<W>({work<W>, end_and_fail<W>}, o); }},
      {"InputThenPeerEnds",
       [](O o) { return run<W>({work<W>, receive_and_end<W>}, o); }},
      {"TwoUsersClose",
       [](O o) { return run<N>({work<N>, close<N>, close<N>}, o); }},
      {"UserClosesAndPeerEnds",
       [](O o) { return run<N>({work<N>, close<N>, end<N>}, o); }},
      {"InputAndUserCloses",
       [](O o) { return run<F>({receive<F>, close<F>}, o); }},
      {"InputWhileAHandlerIsReplaced",
       [](O o) { return run<F>({receive<F>, replace<F>}, o); }},
      {"InputForTheFirstHandler",
       [](O o) {
         struct First : Conn<kFault> {
           First() : Conn<kFault>(false) {}
         };
         return run<First>({receive<First>, replace<First>}, o);
       }},
      {"PeerEndsDuringOnConnect",
       [](O o) { return run<G>({start<G>, end<G>}, o); }},
      {"InputThenPeerEndsDuringOnConnect",
       [](O o) { return run<G>({start<G>, receive_and_end<G>}, o); }},
      {"UserClosesDuringOnConnect",
       [](O o) { return run<G>({start<G>, close<G>}, o); }},
      {"ReaderSeesAllInputBeforeTheEnd",
       [](O o) {
         return run<K>({receive_and_end<K>, read_until_the_end<K>, drop<K>}, o);
       }},
      {"KeyIsTakenForALook",
       [](O o) {
         return run<F>({receive<F>, hold_for_a_look<F>, close<F>}, o);
       }},
      {"LastUserGoesAsThePeerEnds",
       [](O o) { return run<K>({drop<K>, end<K>}, o); }},
      {"LastUserGoesAndAnotherCloses",
       [](O o) { return run<K>({drop<K>, close<K>}, o); }},
  };
}

class LifecycleModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(LifecycleModel, HoldsInEveryExecution) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
  std::cout << report.executions << " executions, " << report.cut_short
            << " cut short\n";
}

INSTANTIATE_TEST_SUITE_P(Connection, LifecycleModel,
                         testing::ValuesIn(scenarios<Fault::none>()),
                         model::name_of_scenario);

// The test of the tests: a caller that leaves one step out is noticed.
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

TEST(LifecycleCaller, InputWithoutItsEventIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::input_without_event>("Input"));
}

TEST(LifecycleCaller, CloseThatDoesNotDecideTearsNothingDown) {
  EXPECT_TRUE(is_noticed_by<Fault::close_without_hold>("UserCloses"));
}

TEST(LifecycleCaller, DisconnectThatDoesNotDecideTearsNothingDown) {
  EXPECT_TRUE(is_noticed_by<Fault::told_without_hold>("PeerEnds"));
}

TEST(LifecycleCaller, InputThatComesAfterItsEventIsLost) {
  EXPECT_TRUE(is_noticed_by<Fault::input_after_its_event>("Input"));
}

TEST(LifecycleCaller, SizeReadBeforeTheNewsAreClearedLosesInput) {
  EXPECT_TRUE(is_noticed_by<Fault::looks_at_an_old_size>("Input"));
}

// The test of the class: no order in the header can be weakened unnoticed.
TEST(Lifecycle, NeedsEveryOrderItNames) {
  const model::Sweep sweep =
      model::weaken_each(scenarios<Fault::none>(), "lifecycle_impl.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  std::cout << testing::PrintToString(sweep.caught) << '\n';
  EXPECT_EQ(sweep.caught.size(), 12u);
}

}  // namespace
}  // namespace netpoll
