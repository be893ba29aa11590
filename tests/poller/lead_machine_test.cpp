// SPDX-License-Identifier: Apache-2.0
//
// The picture of Lead in the book, diagrams/machines/lead.tsv, against the
// class: every event in every state that can be reached.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "netpoll/poller/lead.h"
#include "support/machine_table.h"

namespace netpoll {
namespace {

using test::Edge;
using test::Machine;

constexpr std::array<std::string_view, 7> kEvents = {
    "take",      "give_up",       "begin_task",    "end_task",
    "take_from", "end_task_late", "take_from_late"};

// A lead, and the numbers of the tasks that its threads remember.
struct World {
  Lead lead;
  Lead::Word running = 0;  // began, and nobody has taken the lead from it
  Lead::Word taken = 0;    // the lead was taken from it, and it has not ended
  Lead::Word over = 0;     // ended, or the lead was taken from it

  // The contract of the header: who may call what, and when.
  bool allows(std::string_view event, std::string_view state) const {
    if (event == "give_up" || event == "begin_task") return state == "leading";
    if (event == "end_task" || event == "take_from") return running != 0;
    if (event == "end_task_late") return taken != 0;
    if (event == "take_from_late") return over != 0;
    return true;
  }

  std::string make(std::string_view event) {
    if (event == "take") return lead.take() ? "true" : "false";
    if (event == "give_up") lead.give_up();
    if (event == "begin_task") running = lead.begin_task();
    if (event == "end_task") return end();
    if (event == "take_from") return take_from();
    if (event == "end_task_late") {
      const bool leads = lead.end_task(taken);
      taken = 0;
      return leads ? "true" : "false";
    }
    if (event == "take_from_late")
      return lead.take_from(over) ? "true" : "false";
    return "returns";
  }

 private:
  std::string end() {
    const bool leads = lead.end_task(running);
    over = running;
    running = 0;
    return leads ? "true" : "false";
  }
  std::string take_from() {
    const bool got = lead.take_from(running);
    over = taken = running;
    running = 0;
    return got ? "true" : "false";
  }
};

using Path = std::vector<std::string_view>;

// The state to which the events of `path` lead. A lead that can be taken was
// free; the World of the question is thrown away.
std::string state_after(const Path& path) {
  World world;
  for (const std::string_view event : path)
    world.make(event);
  if (Lead::is_in_task(world.lead.now())) return "in_task";
  return world.lead.take() ? "free" : "leading";
}

// What the threads remember belongs to the state of a walk.
using Key = std::tuple<std::string, bool, bool, bool>;

Machine walk() {
  Machine made;
  std::set<Key> seen;
  std::vector<Path> open = {{}};
  while (!open.empty()) {
    const Path path = open.back();
    open.pop_back();
    World here;
    for (const std::string_view event : path)
      here.make(event);
    const std::string state = state_after(path);
    if (!seen.insert(
                 {state, here.running != 0, here.taken != 0, here.over != 0})
             .second) {
      continue;
    }
    for (const std::string_view event : kEvents) {
      if (!here.allows(event, state)) continue;
      World next;
      for (const std::string_view before : path)
        next.make(before);
      const std::string answer = next.make(event);
      Path longer = path;
      longer.push_back(event);
      made.insert({state, std::string(event), answer, state_after(longer)});
      open.push_back(longer);
    }
  }
  return made;
}

TEST(LeadMachine, IsTheOneThatTheBookDraws) {
  test::expect_same(test::drawn("lead"), walk());
}

TEST(LeadMachine, NoticesAnArrowThatIsMissingAndOneThatIsInvented) {
  const Machine made = walk();
  Machine table = made;
  table.erase(Edge{"in_task", "take_from", "true", "leading"});
  EXPECT_EQ(test::differences(table, made).size(), 1u);
  table = made;
  table.insert(Edge{"in_task", "take", "true", "leading"});
  EXPECT_EQ(test::differences(table, made).size(), 1u);
}

}  // namespace
}  // namespace netpoll
