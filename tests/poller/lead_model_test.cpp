// SPDX-License-Identifier: Apache-2.0
//
// Lead, the code that ships, under every interleaving. `owned` is what is for
// the leader only: two leaders at once, or one that does not see what the one
// before did, are a race.
#include "netpoll/poller/lead.h"

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

struct World {
  BasicLead<model::Sync> lead;
  model::Var<int> owned;
};

using Word = BasicLead<model::Sync>::Word;

void use(World& w) {
  w.owned.set(w.owned.get() + 1);
}

// Leads, and runs one task in which it touches nothing of the leader's.
void lead_and_run_a_task(World& w) {
  if (!w.lead.take()) return;
  use(w);
  const Word task = w.lead.begin_task();
  if (!w.lead.end_task(task)) return;
  use(w);
  w.lead.give_up();
}

// The same, twice: the second task must not be taken for the first one.
void lead_and_run_two_tasks(World& w) {
  if (!w.lead.take()) return;
  for (int i = 0; i < 2; ++i) {
    use(w);
    const Word task = w.lead.begin_task();
    if (!w.lead.end_task(task)) return;
  }
  use(w);
  w.lead.give_up();
}

void lead_as_worker(World& w) {
  if (!w.lead.take()) return;
  use(w);
  w.lead.give_up();
}

// A worker that was told of a slow task.
void take_from_and_lead(World& w) {
  const Word now = w.lead.now();
  if (!w.lead.is_in_task(now) || !w.lead.take_from(now)) return;
  use(w);
  w.lead.give_up();
}

// The same, with a task of its own, from which the lead may be taken in turn.
void take_from_and_run_a_task(World& w) {
  const Word now = w.lead.now();
  if (!w.lead.is_in_task(now) || !w.lead.take_from(now)) return;
  use(w);
  const Word task = w.lead.begin_task();
  if (!w.lead.end_task(task)) return;
  use(w);
  w.lead.give_up();
}

void nobody_leads(World& w) {
  require(w.lead.take(), "the lead is free at the end");
  use(w);
}

Report taken_from_a_task(const Options& options) {
  return explore<World>(
      {lead_and_run_a_task, take_from_and_lead, lead_as_worker}, nobody_leads,
      options);
}

Report two_tasks(const Options& options) {
  return explore<World>({lead_and_run_two_tasks, take_from_and_lead},
                        nobody_leads, options);
}

Report two_leaders_with_tasks(const Options& options) {
  return explore<World>(
      {lead_and_run_a_task, lead_and_run_a_task, take_from_and_lead},
      nobody_leads, options);
}

Report taken_twice(const Options& options) {
  return explore<World>(
      {lead_and_run_a_task, take_from_and_run_a_task, take_from_and_lead},
      nobody_leads, options);
}

std::vector<model::Scenario> scenarios() {
  return {{"TakenFromATask", taken_from_a_task},
          {"TwoTasks", two_tasks},
          {"TwoLeadersWithTasks", two_leaders_with_tasks},
          {"TakenTwice", taken_twice}};
}

class LeadModel : public testing::TestWithParam<model::Scenario> {};

TEST_P(LeadModel, NeverHasTwoLeaders) {
  const Report report = GetParam().run({});
  EXPECT_EQ(report.failure, "");
}

INSTANTIATE_TEST_SUITE_P(All, LeadModel, testing::ValuesIn(scenarios()),
                         model::name_of_scenario);

TEST(Lead, NeedsEveryOrderItNames) {
  const model::Sweep sweep = model::weaken_each(scenarios(), "lead.h");
  EXPECT_EQ(sweep.missed, std::vector<std::string>());
  std::cout << testing::PrintToString(sweep.caught) << '\n';
  EXPECT_EQ(sweep.caught.size(), 4u);
}

}  // namespace
}  // namespace netpoll
