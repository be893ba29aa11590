// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which handler ran on which thread, and for which connection.
//
//    A > on_request 1      thread A begins, for connection 1
//    A < on_request 1      it has ended; or
//    A ! on_request 1      it has ended by an exception
//
// A, B, C … and 1, 2, 3 …: in the order in which they first come.

#include <string>
#include <vector>

#include "netpoll/connection/connection.h"

class Tracer {
 public:
  /// `handlers`, each of which is written down when it begins and when it ends.
  /// This object must outlive them. [any]
  netpoll::Handlers trace(netpoll::Handlers handlers);
  /// What was written so far, in order. [any]
  std::vector<std::string> lines() const;

 private:
  // yours
};
