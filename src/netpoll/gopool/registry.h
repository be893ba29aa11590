// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pools by name.
//
//    add(pool named "rpc") --> [ "disk" -> GoPool ]
//                              [ "rpc"  -> GoPool ] --> find("rpc")
//
// Owns its pools; they stop, drained, when it is destroyed. An object like any
// other: who wants one for the whole program makes it in main().
// Upstream: util/gopool/gopool.go:64 (RegisterPool, GetPool). Unlike upstream:
// no package variable, and no default pool.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "netpoll/base/mutex.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll {

class GoPoolRegistry {
 public:
  GoPoolRegistry() = default;
  GoPoolRegistry(const GoPoolRegistry&) = delete;
  GoPoolRegistry& operator=(const GoPoolRegistry&) = delete;

  /// Takes `pool` over, under its own name. Errc::invalid_argument when the
  /// name is taken already; `pool` stays the caller's then. [any]
  [[nodiscard]] std::error_code add(std::unique_ptr<GoPool>&& pool);

  /// The pool of that name, valid as long as the registry; nullptr when there
  /// is none. [any]
  GoPool* find(std::string_view name) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<GoPool>, std::less<>> pools_
      NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll
