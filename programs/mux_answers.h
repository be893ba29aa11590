// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where mux_client's reader leaves the answers, and its callers wait for them.
//
//    caller 1                                   reader
//    expect(1, id), send the request            deliver(1, answer)
//    wait(1) … sleeps on the slot's `came` <----- fills slot 1, notifies
//
// A caller has one request under way at a time.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mux_frame.h"
#include "netpoll/base/deadline.h"
#include "netpoll/base/mutex.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll::programs {

class Answers {
 public:
  explicit Answers(std::size_t callers) : slots_(callers) {}

  /// The caller is about to send the request `id`. [that caller]
  void expect(std::size_t caller, std::uint32_t id) {
    const Lock lock(mutex_);
    slots_[caller].awaited = id;
  }
  /// Waits for the answer to the request; empty after lose(), or when `until`
  /// has passed. [that caller]
  std::optional<Slice> wait(std::size_t caller, Deadline until) {
    Slot& slot = slots_[caller];
    Lock lock(mutex_);
    while (!slot.answer && lost_.empty()) {
      if (until == kNever) {
        lock.wait(slot.came);
      } else if (!lock.wait_until(slot.came, until)) {
        break;
      }
    }
    slot.awaited.reset();
    return std::exchange(slot.answer, std::nullopt);
  }
  /// Gives an answer to its caller. False: nobody waits for it. [reader]
  [[nodiscard]] bool deliver(std::size_t caller, Frame answer) {
    const Lock lock(mutex_);
    if (caller >= slots_.size()) return false;
    Slot& slot = slots_[caller];
    if (slot.awaited != answer.id) return false;
    slot.awaited.reset();
    slot.answer = std::move(answer.payload);
    slot.came.notify_one();
    return true;
  }
  /// No answer will come any more, for the reason `why`. [any]
  void lose(const std::string& why) {
    const Lock lock(mutex_);
    if (lost_.empty()) lost_ = why;
    for (Slot& slot : slots_)
      slot.came.notify_one();
  }
  /// The first reason that lose() was given, or "". [any]
  std::string lost() const {
    const Lock lock(mutex_);
    return lost_;
  }

 private:
  struct Slot {
    std::condition_variable came;
    std::optional<std::uint32_t> awaited;
    std::optional<Slice> answer;
  };
  mutable Mutex mutex_;
  std::vector<Slot> slots_;  // guarded by mutex_
  std::string lost_ NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll::programs
