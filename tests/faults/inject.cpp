// SPDX-License-Identifier: Apache-2.0
#include "inject.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace netpoll::faults {
namespace {

constexpr unsigned long kAlways = ~0UL;

struct Rule {
  std::string site;
  Verdict verdict;
  unsigned long from = 1;
  unsigned long to = 1;
  unsigned long seen = 0;

  bool is_about(std::string_view called) const {
    return called.starts_with(site) &&
           (called.size() == site.size() || called[site.size()] == '.');
  }
};

// How often one kind of call was made.
struct Site {
  const char* name = nullptr;
  unsigned long calls = 0;
};

struct State {
  std::mutex mutex;
  std::vector<Rule> rules;
  std::array<Site, 128> sites;  // no object of the heap: those are counted
  unsigned long injected = 0;
};

std::atomic<bool> armed = false;
thread_local bool t_spared = false;
std::array<std::atomic<Kind>, 1 << 16> kinds;

[[noreturn]] void refuse(std::string_view rule) {
  std::fprintf(stderr, "fault_inject: no rule: %.*s\n",
               static_cast<int>(rule.size()), rule.data());
  std::_Exit(2);
}

template <class Number>
Number number_in(std::string_view text, std::string_view rule) {
  Number number = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) refuse(rule);
  return number;
}

Verdict verdict_in(std::string_view what, std::string_view rule) {
  if (what == "none") return {.how = How::none};
  constexpr std::array<std::pair<std::string_view, How>, 4> kWords{
      {{"refuse=", How::refuse},
       {"lose=", How::lose},
       {"value=", How::value},
       {"short=", How::shorten}}};
  for (const auto& [word, how] : kWords) {
    if (!what.starts_with(word)) continue;
    return {how, number_in<int>(what.substr(word.size()), rule)};
  }
  refuse(rule);
}

Rule rule_in(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == std::string_view::npos || first == last) refuse(text);
  Rule rule;
  rule.site = text.substr(0, first);
  rule.verdict = verdict_in(text.substr(first + 1, last - first - 1), text);
  const std::string_view which = text.substr(last + 1);
  const std::size_t dots = which.find("..");
  rule.from = number_in<unsigned long>(which.substr(0, dots), text);
  rule.to = rule.from;
  if (dots == std::string_view::npos) return rule;
  const std::string_view to = which.substr(dots + 2);
  rule.to = to.empty() ? kAlways : number_in<unsigned long>(to, text);
  return rule;
}

// Made at the first use and never destroyed: threads may call at exit.
State& state() {
  static State* const it = [] {
    auto* const made = new State;
    const char* const text = std::getenv("NETPOLL_FAULT");
    std::string_view rest = text == nullptr ? "" : text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      made->rules.push_back(rule_in(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return made;
  }();
  return *it;
}

unsigned long& calls_of(State& all, std::string_view name) {
  for (Site& site : all.sites) {
    if (site.name == nullptr) site.name = name.data();
    if (site.name == name) return site.calls;
  }
  refuse(name);  // more sites than the array has
}

}  // namespace

bool counts() {
  return armed.load(std::memory_order_relaxed) && !t_spared;
}

Verdict judge(const char* site) {
  if (!counts()) return {};
  const int error = errno;
  State& all = state();
  Verdict verdict;
  {
    const std::lock_guard lock(all.mutex);
    ++calls_of(all, site);
    for (Rule& rule : all.rules) {
      if (!rule.is_about(site)) continue;
      ++rule.seen;
      if (rule.seen < rule.from || rule.seen > rule.to) continue;
      verdict = rule.verdict;
      ++all.injected;
    }
  }
  errno = error;
  return verdict;
}

void note(int fd, Kind kind) {
  if (fd >= 0 && static_cast<std::size_t>(fd) < kinds.size()) {
    kinds[static_cast<std::size_t>(fd)] = kind;
  }
}

Kind kind_of(int fd) {
  const auto at = static_cast<std::size_t>(fd);
  return fd >= 0 && at < kinds.size() ? kinds[at].load() : Kind::stream;
}

}  // namespace netpoll::faults

// What control.h finds by dlsym(3).
extern "C" {

void netpoll_faults_arm(bool on) {
  netpoll::faults::armed = on;
}

bool netpoll_faults_spare(bool on) {
  return std::exchange(netpoll::faults::t_spared, on);
}

unsigned long netpoll_faults_injected() {
  auto& all = netpoll::faults::state();
  const std::lock_guard lock(all.mutex);
  return all.injected;
}

void netpoll_faults_each(void (*each)(const char*, unsigned long)) {
  auto& all = netpoll::faults::state();
  const std::lock_guard lock(all.mutex);
  for (const auto& site : all.sites)
    if (site.name != nullptr) each(site.name, site.calls);
}

}  // extern "C"
