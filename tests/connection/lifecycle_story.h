// SPDX-License-Identifier: Apache-2.0
#pragma once

// A failure that the explorer has found in the Lifecycle, told in words.
//
//    the connection has ended, and no thread tears it down
//    one run that leads there:
//      thread 1  begin_look   held serves greeted
//      thread 2  raise        held news serves greeted user-closed
//      thread 1  decide       news serves greeted user-closed
//
// To the right stands the word after the step, each bit by its name. Steps that
// one thread makes in one function, one after another, are one line.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "model/explorer.h"
#include "netpoll/connection/lifecycle.h"

namespace netpoll::test {

/// As it stands in the source.
inline std::string word_of(Next next) {
  static constexpr std::array<const char*, 8> kWords = {
      "nothing", "hold",   "again", "tell",
      "greet",   "handle", "close", "tear_down"};
  return kWords.at(static_cast<std::size_t>(next));
}

/// The bits that are set, by name.
inline std::string names(std::uint64_t word) {
  static constexpr std::array<const char*, 12> kNames = {
      "held",   "news",    "serves",      "new-handler",
      "greets", "greeted", "user-closed", "peer-closed",
      "failed", "telling", "told",        "stopping"};
  std::string all;
  for (; word != 0; word &= word - 1) {
    const auto bit = static_cast<std::size_t>(std::countr_zero(word));
    all += ' ';
    all += bit < kNames.size() ? kNames.at(bit) : "?";
  }
  return all.empty() ? " no bit" : all;
}

/// One line of the explorer's account, "  thread 1  raise, FILE: …, 103": who,
/// in which function, and the word afterwards.
struct Step {
  std::string who;
  std::string what;
  std::string word;

  explicit Step(std::string_view line) {
    const std::size_t comma = line.find(',');
    if (line.size() < 12 || comma == std::string_view::npos) return;
    const std::string_view thread = line.substr(2, 8);
    const std::string_view name = line.substr(12, comma - 12);
    if (thread.starts_with("stage")) return;
    if (line.find("lifecycle_impl.h") != std::string_view::npos) {
      what = name == "has" ? "asks" : name;
      const std::size_t number = line.find(", ", line.find(": ")) + 2;
      word = names(std::stoull(std::string(line.substr(number))));
      if (line.find(", stale") != std::string_view::npos)
        word += "  (an old value)";
    } else if (name == "input") {
      what = "puts input into the buffer";
    } else {
      return;
    }
    who = thread;
  }
  bool goes_on(const Step& before) const {
    return who == before.who && what == before.what;
  }
};

/// What a data race in the function that `what` names means here.
inline std::string race(const std::string& what) {
  const std::size_t from = what.find(", ") + 2;
  const std::string function = what.substr(from, what.find(',', from) - from);
  std::string where = "the work of the holder of the key";
  if (function == "tell") where = "on_disconnect";
  if (function == "handle") where = "on_request";
  return "a data race in " + where +
         ": two threads are there at once, or the later one does not see what "
         "the earlier one has done";
}

/// The explorer's account of a failure, shortened.
inline std::string told(const model::Report& report) {
  if (report.failure.empty()) return "";
  std::string what = report.failure.substr(0, report.failure.find(", in exec"));
  if (what.starts_with("data race")) what = race(what);
  std::vector<Step> steps;
  std::istringstream account(report.failure);
  for (std::string line; std::getline(account, line);) {
    Step step(line);
    if (step.who.empty()) continue;
    if (!steps.empty() && step.goes_on(steps.back())) steps.pop_back();
    steps.push_back(step);
  }
  std::string all = what + "\none run that leads there:\n";
  for (const Step& step : steps) {
    const std::size_t room = step.word.empty() ? 0 : 12;
    std::string name = step.what;
    name.resize(std::max(room, name.size()), ' ');
    all += "  " + step.who + "  " + name + step.word + '\n';
  }
  return all;
}

}  // namespace netpoll::test
