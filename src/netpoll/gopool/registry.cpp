// SPDX-License-Identifier: Apache-2.0
#include "netpoll/gopool/registry.h"

#include <cassert>
#include <utility>

#include "netpoll/base/error.h"

namespace netpoll {

std::error_code GoPoolRegistry::add(std::unique_ptr<GoPool>&& pool) {
  assert(pool != nullptr);
  const Lock lock(mutex_);
  // try_emplace() does not move from `pool` if the map has that name already.
  const bool added = pools_.try_emplace(pool->name(), std::move(pool)).second;
  return added ? std::error_code() : Errc::invalid_argument;
}

GoPool* GoPoolRegistry::find(std::string_view name) const {
  const Lock lock(mutex_);
  const auto at = pools_.find(name);
  return at == pools_.end() ? nullptr : at->second.get();
}

}  // namespace netpoll
