// SPDX-License-Identifier: Apache-2.0
#pragma once

// Has a chosen call of the C library fail, or do less than it was asked to.
//
//    recv() of the program --> recv() here: judge("recv") --> recv() of libc
//                                             |
//                                             +--> fails, and libc is not asked
//
// NETPOLL_FAULT says which: rules with ';' between them, each SITE:WHAT:WHICH.
//
//    SITE    a name that judge() gets, or its beginning up to a dot:
//            "epoll_ctl", "epoll_ctl.add", "epoll_ctl.add.stream"
//    WHAT    refuse=N  fails with the error N; the real call is not made
//            lose=N    the real call is made, and then reported as failed
//            value=N   the real call is made, and its result is N
//            short=N   at most N bytes are moved
//            none      nothing is ready
//    WHICH   "2": the second call; "2..4": these three; "2..": all from it on
//
// Only calls of threads that are not spared count, and only while the faults
// are armed: see control.h.

#include <dlfcn.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace netpoll::faults {

enum class How : std::uint8_t { pass, refuse, lose, value, shorten, none };

/// What is to become of one call.
struct Verdict {
  How how = How::pass;
  int number = 0;
};

/// What a descriptor is, so that a rule can choose calls by it.
enum class Kind : std::uint8_t { stream, listener, event, epoll, file };

/// Counts one call at `site`, and says what becomes of it. Leaves errno as it
/// was. [any]
[[nodiscard]] Verdict judge(const char* site);

/// The calling thread's calls count now: the faults are armed, and the thread
/// is not spared. [any]
[[nodiscard]] bool counts();

/// Remembers what `fd` is; a negative one is ignored. [any]
void note(int fd, Kind kind);
/// What `fd` is; a descriptor that nobody noted is a stream. [any]
[[nodiscard]] Kind kind_of(int fd);

/// The site "call.event", "call.stream" … by the kind of `fd`. `names` has one
/// name for each Kind, in their order. [any]
[[nodiscard]] inline const char* by_kind(const char* const (&names)[5],
                                         int fd) {
  return names[static_cast<std::size_t>(kind_of(fd))];
}

/// The function of the C library that is hidden by the one here. [any]
template <class Function>
[[nodiscard]] Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Does `call`, the real call, unless the verdict refuses it. [any]
template <class Result, class Call>
[[nodiscard]] Result pass(const char* site, Result failed, Call call) {
  const Verdict verdict = judge(site);
  if (verdict.how == How::refuse) {
    errno = verdict.number;
    return failed;
  }
  const Result result = call();
  if (verdict.how == How::lose) {
    errno = verdict.number;
    return failed;
  }
  return result;
}

}  // namespace netpoll::faults
