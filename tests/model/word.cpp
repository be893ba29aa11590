// SPDX-License-Identifier: Apache-2.0
#include "model/word.h"

#include <algorithm>
#include <string>

#include "model/scheduler.h"

namespace netpoll::model {

Word::Word(Value initial) {
  append(initial, std::memory_order_relaxed, Clock());
}

Word::Value Word::load(std::memory_order order, const Site& site) {
  Scheduler& run = Scheduler::now();
  order = run.order_at(site, order);
  run.pause({.word = this});
  // The newest first: it is the likely one.
  const std::size_t newest = stores() - 1;
  const std::size_t index = newest - run.choose(stores() - oldest_readable());
  read(index, order);
  tell("load", order, index, site);
  return stores_[index].value;
}

void Word::store(Value value, std::memory_order order, const Site& site) {
  Scheduler& run = Scheduler::now();
  order = run.order_at(site, order);
  run.pause({.word = this, .writes = true});
  append(value, order, Clock());
  tell("store", order, stores() - 1, site);
}

Word::Value Word::update(Change change, Value operand, std::memory_order order,
                         const Site& site) {
  Scheduler& run = Scheduler::now();
  order = run.order_at(site, order);
  run.pause({.word = this, .writes = true});
  const Store found = stores_.back();
  read(stores() - 1, order);
  append(change(found.value, operand), order, found.carried);
  tell("update", order, stores() - 1, site);
  return found.value;
}

bool Word::compare_exchange(Exchange& what, const Site& success,
                            const Site& failure) {
  Scheduler& run = Scheduler::now();
  const std::memory_order done = run.order_at(success, what.success);
  const std::memory_order failed = run.order_at(failure, what.failure);
  run.pause({.word = this, .writes = true});

  // It can fail by reading any store that it may, and that is not as expected.
  const std::size_t newest = stores() - 1;
  std::vector<std::size_t> found{newest};
  for (std::size_t i = newest; i-- > oldest_readable();)
    if (stores_[i].value != what.expected) found.push_back(i);
  const std::size_t index = found[run.choose(found.size())];

  const bool equal = stores_[index].value == what.expected;
  if (equal && !(what.weak && run.may_fail_for_no_reason())) {
    const Clock carried = stores_[index].carried;
    read(index, done);
    append(what.desired, done, carried);
    tell("exchange", done, stores() - 1, success);
    return true;
  }
  read(index, failed);
  if (equal) run.last_read() = {};  // nothing to wait for
  tell("exchange fails", failed, index, failure);
  what.expected = stores_[index].value;
  return false;
}

void Word::yield() {
  Scheduler& run = Scheduler::now();
  const auto [word, index] = run.last_read();
  if (word == nullptr) return;
  run.pause({.word = word, .after = index + 1});
  // From now on it reads a newer one.
  word->known_.push_back({run.tick(), index + 1});
}

std::size_t Word::oldest_readable() const {
  std::size_t oldest = 0;
  for (const Knowledge& known : known_) {
    if (Scheduler::now().clock().knows(known.event)) {
      oldest = std::max(oldest, known.index);
    }
  }
  return oldest;
}

void Word::read(std::size_t index, std::memory_order order) {
  Scheduler& run = Scheduler::now();
  known_.push_back({run.tick(), index});
  if (acquires(order)) run.clock().join(stores_[index].carried);
  run.last_read() = {this, index};
}

void Word::append(Value value, std::memory_order order,
                  const Clock& passed_on) {
  Scheduler& run = Scheduler::now();
  known_.push_back({run.tick(), stores()});
  Clock carried = passed_on;
  if (releases(order)) carried.join(run.clock());
  stores_.push_back({value, carried});
}

void Word::tell(const char* what, std::memory_order order, std::size_t index,
                const Site& site) const {
  Scheduler& run = Scheduler::now();
  if (!run.is_telling()) return;
  const std::size_t behind = stores() - 1 - index;
  std::string line = name_of(site) + ": " + what + " " +
                     std::string(name_of(order)) + ", " +
                     std::to_string(stores_[index].value);
  if (behind > 0) line += ", stale by " + std::to_string(behind);
  run.tell(line);
}

}  // namespace netpoll::model
