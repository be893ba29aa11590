// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the library logs, for a test that looks at it or wants it out of sight.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "netpoll/base/log.h"
#include "netpoll/base/mutex.h"

namespace netpoll::test {

/// Catches what the library logs while it lives. Declare it before what logs,
/// so that no thread is inside its sink when it is destroyed.
class LogLines {
 public:
  LogLines() {
    old_ = log::set_sink([this](std::string_view line) {
      const Lock lock(mutex_);
      lines_.emplace_back(line);
    });
  }
  ~LogLines() { log::set_sink(std::move(old_)); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::vector<std::string> all() const {
    const Lock lock(mutex_);
    return lines_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ NETPOLL_GUARDED_BY(mutex_);
  log::Sink old_;
};

}  // namespace netpoll::test
