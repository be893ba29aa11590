// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pools by name.
//
//    add(pool named "rpc") --> [ "disk" -> GoPool ]
//                              [ "rpc"  -> GoPool ] --> find("rpc")
//
// Owns its pools. Its destructor stops each of them, after all their tasks have
// run. A registry is an object like any other: a program that wants one for all
// its parts makes it in main(). Upstream: gopkg v0.1.1,
// util/gopool/gopool.go:64 (RegisterPool), :74 (GetPool). Unlike upstream: no
// package variable, and no default pool.

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

  /// Takes ownership of `pool` and stores it under pool->name(). Returns
  /// Errc::invalid_argument if another pool in the registry has that name; then
  /// the caller still owns `pool`. Requires: `pool` is not nullptr. [any]
  [[nodiscard]] std::error_code add(std::unique_ptr<GoPool>&& pool);

  /// Returns the pool with this name, or nullptr if there is none. The pointer
  /// is valid until the registry is destroyed. [any]
  GoPool* find(std::string_view name) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<GoPool>, std::less<>> pools_
      NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll
