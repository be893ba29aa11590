// SPDX-License-Identifier: Apache-2.0
#pragma once

// What this process holds: descriptors, threads, blocks of mcache, objects.

#include <cstddef>
#include <string>

namespace netpoll::faults {

struct Census {
  std::ptrdiff_t fds = 0;
  std::ptrdiff_t threads = 0;
  std::ptrdiff_t block_bytes = 0;  // of mcache, that are not free
  std::ptrdiff_t objects = 0;      // that operator new has made

  /// Has mcache make all its lists, which it keeps for ever.
  static void fill_lists();

  static Census now();
  /// Looks until descriptors and threads are as few as they were in `before`,
  /// or patience is used up: an ended thread is counted a moment longer.
  static Census settled(const Census& before);

  /// The members of a JSON object: how much more is held than `before`.
  std::string more_than(const Census& before) const;
};

}  // namespace netpoll::faults
