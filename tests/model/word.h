// SPDX-License-Identifier: Apache-2.0
#pragma once

// One atomic word of the model: not its value, but every store it ever had.
//
//    stores   0: init   1: by thread 2   2: by thread 1   3: by thread 2
//                            ^                ^
//                  thread 3 may still    thread 1 may not read
//                  read this             anything older than this
//
// The C++ rules ([intro.races]), with stores in the order they were made:
//
//   coherence        a load finds any store that is not older than one which
//                    the thread has stored or read, or which happened before
//                    (or was read before) in the sense of its clock
//   release/acquire  a releasing store carries the clock of its thread; an
//                    acquiring load that reads it joins that clock
//   release sequence a read-modify-write passes on what the store it read
//                    carried, whatever its own order
//   read-modify-write reads the newest store; but one that fails is a load
//
// Narrower than C++ in two points: a load cannot find a store that has not been
// made yet ("load buffering"), and a store cannot slip in behind an older one
// ("2+2W"). Neither matters to words that are changed by exchanges only, or
// have one writer at a time. explorer_test.cpp pins both down.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/clock.h"
#include "model/site.h"

namespace netpoll::model {

class Word {
 public:
  using Value = std::uint64_t;
  using Change = Value (*)(Value old, Value operand);

  explicit Word(Value initial);
  Word(const Word&) = delete;
  Word& operator=(const Word&) = delete;

  Value load(std::memory_order order, const Site& site);
  void store(Value value, std::memory_order order, const Site& site);
  /// Replaces what is there by change(it, operand); returns what was there.
  Value update(Change change, Value operand, std::memory_order order,
               const Site& site);

  struct Exchange {
    Value expected;
    Value desired;
    std::memory_order success;
    std::memory_order failure;
    bool weak;
  };
  /// True when it was done; else `expected` is what was found.
  bool compare_exchange(Exchange& what, const Site& success,
                        const Site& failure);

  /// The thread has nothing to do until the word it read last is newer. A loop
  /// that waits so has an end; the turns left out would have changed nothing.
  static void yield();

  std::size_t stores() const { return stores_.size(); }

 private:
  struct Store {
    Value value;
    Clock carried;  // what an acquiring load learns
  };
  // By this event its thread knew the store, having made or read it.
  struct Knowledge {
    Event event;
    std::size_t index;
  };

  std::size_t oldest_readable() const;
  void read(std::size_t index, std::memory_order order);
  void append(Value value, std::memory_order order, const Clock& passed_on);
  void tell(const char* what, std::memory_order order, std::size_t index,
            const Site& site) const;

  std::vector<Store> stores_;
  std::vector<Knowledge> known_;
};

}  // namespace netpoll::model
