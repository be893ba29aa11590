// SPDX-License-Identifier: Apache-2.0
#include "tracer.h"

#include <utility>

netpoll::Handlers Tracer::trace(netpoll::Handlers handlers) {
  return handlers;  // yours
}

std::vector<std::string> Tracer::lines() const {
  return {};  // yours
}
