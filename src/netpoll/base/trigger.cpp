// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/trigger.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <ctime>

namespace netpoll {
namespace {

static_assert(sizeof(std::atomic<TriggerState>) == 4, "a futex has 32 bits");
static_assert(std::atomic<TriggerState>::is_always_lock_free);
static_assert(sizeof(timespec) == 16, "the clock's last second must fit");

// Returns `deadline` in the form that the kernel takes. A moment before the
// zero of the clock becomes the zero: the kernel refuses negative times, and
// both moments lie in the past.
timespec timespec_of(Deadline deadline) {
  const auto since_zero = deadline.time_since_epoch();
  if (since_zero.count() <= 0) return {};
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(since_zero);
  return {.tv_sec = seconds.count(), .tv_nsec = (since_zero - seconds).count()};
}

}  // namespace

bool FutexSync::sleep(const std::atomic<TriggerState>& word, TriggerState value,
                      Deadline deadline) {
  const timespec limit = timespec_of(deadline);
  // FUTEX_WAIT_BITSET takes the moment at which the wait ends, as a time of
  // CLOCK_MONOTONIC, which is the clock of Deadline. Plain FUTEX_WAIT would
  // take the length of the wait.
  const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE,
                                value, deadline == kNever ? nullptr : &limit,
                                nullptr, FUTEX_BITSET_MATCH_ANY);
  if (result == 0) return true;
  // EAGAIN: the word already had another value. EINTR: a signal came.
  assert(errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT);
  return errno != ETIMEDOUT;
}

void FutexSync::wake(const std::atomic<TriggerState>* word) {
  [[maybe_unused]] const long woken =
      ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
  assert(woken >= 0);  // 0: no thread sleeps on the word now
}

}  // namespace netpoll
