// SPDX-License-Identifier: Apache-2.0
// Events as the seed has them, before the holder's look and after it; and every
// run of a task beside two events of the seed's choice.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "connection/lifecycle_worlds.h"
#include "labs/seed.h"
#include "netpoll/connection/lifecycle.h"

namespace netpoll {
namespace {

using test::Seeded;
using test::word_of;

// One connection, on one thread: this thread is the task, and the events come
// where the seed says.
class OneTask {
 public:
  explicit OneTask(Seeded& numbers) : numbers_(numbers) {
    life_.prepare(false);
    static_cast<void>(life_.try_hold());
  }

  // The task until it ends, as Connection has it.
  void run() {
    for (int i = 0; i < 100; ++i) {
      some_events();
      const Lifecycle::Mark mark = life_.begin_look();
      const Look look = seen();
      some_events();
      const Next next = life_.decide(mark, look);
      calls_ += " decide:" + word_of(next);
      ASSERT_TRUE(next == Next::nothing || life_.is_held())
          << "the task goes on without the key, after:" << calls_;
      if (next == Next::handle) {
        life_.handled(arrived_, true);
        unread_ = 0;
      } else if (next == Next::tear_down) {
        torn_down_ = true;
        return;
      } else if (next == Next::nothing) {
        break;
      }
    }
    // Nobody is left to do it.
    EXPECT_EQ(unread_, 0U) << "input came, and nobody handles it, after:"
                           << calls_;
    EXPECT_FALSE(ended_) << "the connection has ended, and nobody tears it "
                            "down, after:"
                         << calls_;
    EXPECT_FALSE(life_.is_held())
        << "the task has gone with the key, after:" << calls_;
  }

 private:
  void some_events() {
    while (events_left_ > 0 && numbers_.once_in(2)) {
      --events_left_;
      event();
    }
  }
  void event() {
    Next next = Next::nothing;
    if (ended_ || numbers_.once_in(2)) {
      if (ended_) return;
      calls_ += " input";
      ++arrived_;
      ++unread_;
      next = life_.input_came();
    } else if (numbers_.once_in(2)) {
      calls_ += " close";
      ended_ = true;
      unread_ = 0;  // what our own close leaves behind, nobody wants
      next = life_.user_closed();
    } else {
      calls_ += " peer-ends";
      ended_ = true;
      ASSERT_EQ(word_of(life_.peer_ended(ClosedBy::peer)), "tell");
      next = life_.told();
    }
    ASSERT_EQ(word_of(next), "nothing")
        << "the task has the key, after:" << calls_;
  }
  Look seen() const { return {.arrived = arrived_, .unread = unread_}; }

  Seeded& numbers_;
  Lifecycle life_{true};
  std::size_t events_left_ = numbers_.between(1, 6);
  std::uint64_t arrived_ = 0;
  std::size_t unread_ = 0;
  bool ended_ = false;
  bool torn_down_ = false;
  std::string calls_;
};

TEST(NobodyClosesHidden, NoEventIsLostWhereverItComes) {
  Seeded numbers("NobodyClosesHidden.Events");
  for (int life = 0; life < 200 && !testing::Test::HasFailure(); ++life) {
    OneTask task(numbers);
    task.run();
  }
}

// Two ends, one after the other, or two threads with one each.
TEST(NobodyClosesHidden, InEveryRunTwoEndsAreSeen) {
  using Event = void (*)(test::Life&);
  constexpr std::array<Event, 3> kEnds = {test::close, test::end, test::fail};
  Seeded numbers("NobodyClosesHidden.Runs");
  const Event first = kEnds[numbers.between(0, 2)];
  const Event second = kEnds[numbers.between(0, 2)];
  test::expect_well<test::Working>({test::work, [=](test::Life& w) {
                                      first(w);
                                      second(w);
                                    }});
  test::expect_well<test::WorkingSilent>({test::work, test::close, second});
}

}  // namespace
}  // namespace netpoll
