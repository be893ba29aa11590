// SPDX-License-Identifier: Apache-2.0
#pragma once

// After how long a poller does certain things again.

#include <chrono>

namespace netpoll {

/// How long a poller pauses before it does certain things again. The defaults
/// suit every program; tests make them short.
struct PollerPauses {
  /// When no worker takes the poller's tasks: the pause before it asks again.
  std::chrono::milliseconds refused_min{10};
  /// Each time the tasks are refused again the pause doubles, up to this.
  std::chrono::milliseconds refused_max{1000};
  std::chrono::milliseconds tick{1000};  ///< between two runs of the chore
};

}  // namespace netpoll
