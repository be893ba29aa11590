// SPDX-License-Identifier: Apache-2.0
#pragma once

// The attributes of Clang's -Wthread-safety, under the names of Clang's manual
// with NETPOLL_ in front. For GCC each of these macros is empty. The library
// has no other macros.

#if defined(__clang__)
#define NETPOLL_ANNOTATE(x) __attribute__((x))
#else
#define NETPOLL_ANNOTATE(x)
#endif

#define NETPOLL_CAPABILITY(name) NETPOLL_ANNOTATE(capability(name))
#define NETPOLL_SCOPED_CAPABILITY NETPOLL_ANNOTATE(scoped_lockable)
#define NETPOLL_GUARDED_BY(mutex) NETPOLL_ANNOTATE(guarded_by(mutex))
#define NETPOLL_REQUIRES(mutex) NETPOLL_ANNOTATE(requires_capability(mutex))
#define NETPOLL_EXCLUDES(mutex) NETPOLL_ANNOTATE(locks_excluded(mutex))
#define NETPOLL_ACQUIRE(...) NETPOLL_ANNOTATE(acquire_capability(__VA_ARGS__))
#define NETPOLL_RELEASE(...) NETPOLL_ANNOTATE(release_capability(__VA_ARGS__))
#define NETPOLL_TRY_ACQUIRE(...) \
  NETPOLL_ANNOTATE(try_acquire_capability(__VA_ARGS__))
#define NETPOLL_NO_THREAD_SAFETY_ANALYSIS \
  NETPOLL_ANNOTATE(no_thread_safety_analysis)
