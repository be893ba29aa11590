// SPDX-License-Identifier: Apache-2.0
#pragma once

// The consumer's own base/mutex.h: it must not stand in for the library's.

namespace consumer {

struct OwnMutex {
  int number = 1;
};

}  // namespace consumer
