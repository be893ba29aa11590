// SPDX-License-Identifier: Apache-2.0
//
// The picture of Lifecycle in the book, diagrams/machines/lifecycle.tsv, against
// the class. The class has twelve bits; the picture has nine phases, and this
// test computes the phase from the bits. It makes every event in every state of
// the bits that can be reached, with the key held and with the key free.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "netpoll/connection/lifecycle.h"
#include "support/machine_table.h"

namespace netpoll {
namespace {

using test::Edge;
using test::Machine;

// What the picture calls the events that move it, and what leaves every phase
// as it is. decide() is made with each Look that can be.
constexpr std::array<std::string_view, 6> kMoving = {
    "peer_ended", "socket_failed", "user_closed", "told", "greeted", "decide"};
constexpr std::array<std::string_view, 6> kStaying = {
    "input_came", "look_again",  "stop",
    "user_gone",  "handler_set", "handler_taken_away"};

constexpr std::array<const char*, 8> kAnswers = {
    "nothing", "hold",   "again", "tell",
    "greet",   "handle", "close", "tear_down"};

std::string name(Next next) {
  return kAnswers.at(static_cast<std::size_t>(next));
}

// One Look of the sixteen, by the bits of a number.
Look look(unsigned number) {
  Look seen;
  seen.arrived = seen.unread = (number & 1) != 0 ? 1 : 0;
  seen.unsent = (number & 2) != 0;
  seen.held = (number & 4) != 0;
  seen.idle = (number & 8) != 0;
  return seen;
}

struct Step {
  std::string_view event;
  unsigned look = 0;  // of decide
};
using Path = std::vector<Step>;

// A Lifecycle, and what its callers are doing. They keep the contract: told()
// after `tell`, greeted() after `greet`.
struct World {
  Lifecycle life{true};
  bool greets = false;  // on_connect runs
  bool tells = false;   // on_disconnect runs
  bool gone = false;    // tear_down was answered
  bool stopping = false;

  bool allows(const Step& step) const {
    if (step.event == "told") return tells;
    if (step.event == "greeted") return greets;
    if (step.event != "decide") return true;
    // idle is asked for only while stopping; on_connect decides nothing.
    return life.is_held() && !greets && !gone &&
           (stopping || (step.look & 8) == 0);
  }

  Next make(const Step& step) {
    const Next next = call(step);
    if (step.event == "told") tells = false;
    if (step.event == "greeted") greets = false;
    tells = tells || next == Next::tell;
    greets = greets || next == Next::greet;
    gone = gone || next == Next::tear_down;
    return next;
  }

 private:
  Next call(const Step& step) {
    const std::string_view event = step.event;
    if (event == "prepare_greets") life.prepare(true);
    if (event == "prepare") life.prepare(false);
    if (event == "peer_ended") return life.peer_ended(ClosedBy::peer);
    if (event == "socket_failed") return life.peer_ended(ClosedBy::error);
    if (event == "user_closed") return life.user_closed();
    if (event == "told") return life.told();
    if (event == "greeted") return life.greeted();
    if (event == "input_came") return life.input_came();
    if (event == "look_again") return life.look_again();
    if (event == "user_gone") return life.user_gone();
    if (event == "handler_set") return life.handler_replaced(true);
    if (event == "handler_taken_away") return life.handler_replaced(false);
    if (event == "stop") {
      stopping = true;
      return life.stop();
    }
    if (event == "decide") {
      const Lifecycle::Mark mark = life.begin_look();
      return life.decide(mark, look(step.look));
    }
    return Next::nothing;
  }
};

void replay(World& world, const Path& path) {
  for (const Step& step : path)
    static_cast<void>(world.make(step));
}

// The bits after `path`, all but the one for news, which a look takes away.
std::uint32_t bits_after(const Path& path) {
  World world;
  replay(world, path);
  static_cast<void>(world.life.try_hold());
  return world.life.begin_look().bits;
}

// The bits that `last` sets after `path`.
std::uint32_t sets(Path path, std::string_view last) {
  const std::uint32_t before = bits_after(path);
  path.push_back({last});
  return bits_after(path) & ~before;
}

// What the bits are called in lifecycle.h is private; what sets them is not.
struct Bits {
  std::uint32_t greet_due = sets({}, "prepare_greets");
  std::uint32_t greeted = sets({}, "prepare");
  std::uint32_t user_closed = sets({{"prepare"}}, "user_closed");
  std::uint32_t telling =
      sets({{"prepare"}}, "peer_ended") & sets({{"prepare"}}, "socket_failed");
  std::uint32_t ended = (sets({{"prepare"}}, "peer_ended") |
                         sets({{"prepare"}}, "socket_failed")) &
                        ~telling;
  std::uint32_t told = sets({{"prepare"}, {"peer_ended"}}, "told");
};

std::string phase(const Path& path, bool gone) {
  static const Bits kBits;
  const std::uint32_t now = bits_after(path);
  const auto has = [now](std::uint32_t bit) { return (now & bit) != 0; };
  if (gone) return "gone";
  if (!has(kBits.greet_due) && !has(kBits.greeted)) return "new";
  const bool tells = has(kBits.telling) && !has(kBits.told);
  if (has(kBits.user_closed)) return tells ? "closing" : "closed";
  if (tells) return "telling";
  if (has(kBits.told)) return "told";
  if (has(kBits.greeted)) return "open";
  return has(kBits.ended) ? "ended_early" : "greeting";
}

// A state of a walk: the bits, and what the callers are doing.
using Key = std::tuple<std::uint32_t, bool, bool, bool, bool>;

class Walk {
 public:
  Walk() {
    for (const std::string_view first : {"prepare", "prepare_greets"}) {
      made.insert(
          {"new", std::string(first), "returns", phase({{first}}, false)});
      found_.push_back({{first}});
    }
    for (std::size_t i = 0; i < found_.size(); ++i)
      visit(Path(found_[i]));
  }

  Machine made;
  std::size_t states() const { return seen_.size(); }

 private:
  void visit(const Path& path) {
    World here;
    replay(here, path);
    const bool held = here.life.is_held();
    const Key key{bits_after(path), held, here.greets, here.tells, here.gone};
    if (!seen_.insert(key).second) return;
    for (const std::string_view event : kStaying)
      EXPECT_TRUE(stays(step(path, here, {event}))) << event;
    for (const std::string_view event : kMoving)
      for (unsigned number = 0; number < (event == "decide" ? 16 : 1); ++number)
        if (here.allows({event, number}))
          made.insert(step(path, here, {event, number}));
  }

  Edge step(const Path& path, const World& here, const Step& step) {
    World next;
    replay(next, path);
    const bool held = next.life.is_held();
    Next answer = next.make(step);
    // Two threads never hold the key.
    EXPECT_FALSE(held && answer == Next::hold) << step.event;
    Path longer = path;
    longer.push_back(step);
    found_.push_back(longer);
    // The table says what is answered while the key is free: `hold`. While it
    // is held, that is for its holder to do.
    const bool event = step.event != "decide" && step.event != "greeted";
    if (event && held && !here.gone && answer == Next::nothing)
      answer = Next::hold;
    return {phase(path, here.gone), std::string(step.event), name(answer),
            phase(longer, next.gone)};
  }

  static bool stays(const Edge& edge) { return edge.from == edge.to; }

  std::set<Key> seen_;
  std::vector<Path> found_;
};

TEST(LifecycleMachine, IsTheOneThatTheBookDraws) {
  const Walk walk;
  test::expect_same(test::drawn("lifecycle"), walk.made);
  EXPECT_GT(walk.states(), 100u);  // of the bits; the phases are nine
}

TEST(LifecycleMachine, NoticesAnArrowThatIsMissingAndOneThatIsInvented) {
  const Walk walk;
  Machine table = walk.made;
  table.erase(Edge{"ended_early", "greeted", "tell", "telling"});
  EXPECT_EQ(test::differences(table, walk.made).size(), 1u);
  table = walk.made;
  table.insert(Edge{"telling", "decide", "tear_down", "gone"});
  EXPECT_EQ(test::differences(table, walk.made).size(), 1u);
}

}  // namespace
}  // namespace netpoll
