// SPDX-License-Identifier: Apache-2.0
#pragma once

// The patience of tests whose subject may be wrong, as a learner's is. A right
// subject never uses it up. A wrong one uses it up once: every later wait is
// short, in the next process too, which runs the other tests when a test has
// ended this one. LEARN_PATIENCE names a file that is there when it is used up.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace netpoll::test {

inline const char* const patience_file = std::getenv("LEARN_PATIENCE");

/// Until a wait has been in vain.
inline std::atomic<bool> patient =
    patience_file == nullptr || ::access(patience_file, F_OK) != 0;

/// Called when a wait was in vain.
inline void lose_patience() {
  if (!patient.exchange(false) || patience_file == nullptr) return;
  const int file = ::open(patience_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

}  // namespace netpoll::test
