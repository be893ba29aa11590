// SPDX-License-Identifier: Apache-2.0
//
// KeyChain, the code that ships, under every interleaving and every value that
// the memory model allows: what its header promises of each key alone. How a
// connection uses the three together is let_go_model_test.cpp.
#include "netpoll/connection/key_chain.h"

#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "model/explorer.h"

namespace netpoll {
namespace {

using model::explore;
using model::Options;
using model::Report;
using model::require;
using model::Step;

using Keys = KeyChain<model::Sync>;

struct World {
  Keys keys;
  model::Var<int> of_user;  // written before the close by …
  model::Var<int> of_peer;
  model::Var<int> of_error;
  model::Var<int> guarded;  // by the key in question
  model::Var<int> socket;   // written once nobody can flush any more
  model::Atomic<int> input{0};
  model::Var<int> handled;
};

// Closing.

void close_by_user(World& w) {
  w.of_user.set(1);
  w.keys.try_close(ClosedBy::user);
}

void close_by_peer(World& w) {
  w.of_peer.set(1);
  w.keys.try_close(ClosedBy::peer);
}

void fail_after_peer(World& w) {
  w.of_error.set(1);
  w.keys.fail();
}

void look_who_closed(World& w) {
  switch (w.keys.closed_by()) {
    case ClosedBy::none:
      break;
    case ClosedBy::user:
      w.of_user.get();
      break;
    case ClosedBy::error:  // only after the peer: both are visible
      w.of_error.get();
      [[fallthrough]];
    case ClosedBy::peer:
      w.of_peer.get();
      break;
  }
}

Report closer_is_seen_with_all_he_did(const Options& options) {
  return explore<World>(
      {close_by_user, close_by_peer, look_who_closed},
      [](World& w) { require(!w.keys.is_active(), "it is closed"); }, options);
}

Report failure_is_seen_with_all_before_it(const Options& options) {
  return explore<World>(
      {close_by_peer, fail_after_peer, look_who_closed}, [](World&) {},
      options);
}

Report one_closer_is_first(const Options& options) {
  struct Two : World {
    model::Var<int> first{0}, second{0};
  };
  return explore<Two>(
      {[](Two& w) { w.first.set(w.keys.try_close(ClosedBy::user)); },
       [](Two& w) { w.second.set(w.keys.try_close(ClosedBy::error)); }},
      [](Two& w) {
        require(w.first.get() + w.second.get() == 1, "one is the first");
      },
      options);
}

// Processing.

void work_if_free(World& w) {
  if (!w.keys.try_process()) return;
  w.guarded.set(w.guarded.get() + 1);
  w.keys.stop_processing();
}

Report holder_is_alone(const Options& options) {
  return explore<World>(
      {work_if_free, work_if_free, work_if_free}, [](World&) {}, options);
}

// The holder sees what the one before him did, whoever tried in between.
Report key_is_handed_over(const Options& options) {
  struct Held : World {
    Held() { keys.try_process(); }
  };
  return explore<Held>(
      {[](Held& w) {
         w.guarded.set(1);
         w.keys.stop_processing();
       },
       work_if_free, work_if_free},
      [](World&) {}, options);
}

// The picture in key_chain.h. The input is said by a relaxed store: all that
// makes it visible is the key.
Report input_that_found_the_key_taken_is_handled(const Options& options) {
  struct Held : World {
    Held() { keys.try_process(); }
    void work() {
      for (;;) {
        const int seen = input.load(std::memory_order_relaxed);
        handled.set(seen);
        keys.stop_processing();
        if (input.load(std::memory_order_relaxed) == seen) return;
        if (!keys.try_process()) return;
      }
    }
  };
  const Step<Held> poller = [](Held& w) {
    w.input.fetch_add(1, std::memory_order_relaxed);
    if (w.keys.try_process()) w.work();
  };
  return explore<Held>(
      {[](Held& w) { w.work(); }, poller, poller},
      [](Held& w) {
        require(w.handled.get() == 2, "all input is handled");
        require(!w.keys.is_processing(), "the key is free");
      },
      options);
}

// Flushing.

void flush(World& w) {
  if (w.keys.try_flush() != Keys::Flush::idle) return;
  require(w.socket.get() == 0, "nobody flushes into a closed socket");
  w.guarded.set(w.guarded.get() + 1);
  w.keys.end_flush();
}

struct Closed : World {
  Closed() { keys.try_close(ClosedBy::user); }
};

void stop(World& w) {
  w.keys.stop_flushing();
  w.socket.set(1);
  w.guarded.get();
}

void stop_too(World& w) {
  w.keys.stop_flushing();
  w.guarded.get();
}

Report flusher_is_alone(const Options& options) {
  return explore<World>({flush, flush, flush}, [](World&) {}, options);
}

Report nobody_flushes_once_stopped(const Options& options) {
  return explore<Closed>({flush, flush, stop}, [](World&) {}, options);
}

Report stopping_twice_is_stopping(const Options& options) {
  return explore<Closed>(
      {flush, stop, stop_too},
      [](World& w) {
        require(w.keys.try_flush() == Keys::Flush::stopped, "it stays stopped");
        w.keys.stop_flushing();
      },
      options);
}

const std::vector<model::Scenario>& scenarios() {
  static const std::vector<model::Scenario> all = {
      {"CloserIsSeenWithAllHeDid", closer_is_seen_with_all_he_did},
      {"FailureIsSeenWithAllBeforeIt", failure_is_seen_with_all_before_it},
      {"OneCloserIsFirst", one_closer_is_first},
      {"HolderIsAlone", holder_is_alone},
      {"KeyIsHandedOver", key_is_handed_over},
      {"InputThatFoundTheKeyTakenIsHandled",
       input_that_found_the_key_taken_is_handled},
      {"FlusherIsAlone", flusher_is_alone},
      {"NobodyFlushesOnceStopped", nobody_flushes_once_stopped},
      {"StoppingTwiceIsStopping", stopping_twice_is_stopping},
  };
  return all;
}

class KeyChainModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(KeyChainModel, HoldsInEveryExecution) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
  std::cout << report.executions << " executions, " << report.cut_short
            << " cut short\n";
}

INSTANTIATE_TEST_SUITE_P(KeyChain, KeyChainModel,
                         testing::ValuesIn(scenarios()),
                         model::name_of_scenario);

// The test of the tests: no order in key_chain.h can be weakened unnoticed.
TEST(KeyChain, NeedsEveryOrderItNames) {
  const model::Sweep sweep = model::weaken_each(scenarios(), "key_chain.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  EXPECT_EQ(sweep.caught.size(), 11u) << testing::PrintToString(sweep.caught);
}

}  // namespace
}  // namespace netpoll
