// SPDX-License-Identifier: Apache-2.0
#pragma once

// The consumer's own server/listener.h: it must not stand in for the library's.

namespace consumer {

struct OwnListener {
  int number = 1;
};

}  // namespace consumer
