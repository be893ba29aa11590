// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/log.h"

#include <cstdio>
#include <string>
#include <utility>

#include "netpoll/base/mutex.h"

namespace netpoll::log {
namespace {

struct Global {
  Mutex mutex;
  Sink sink NETPOLL_GUARDED_BY(mutex);
};

// Never destroyed: a worker may still warn while main's statics go down.
Global& global() {
  static auto* const it = new Global;
  return *it;
}

void write_line(std::string_view line) {
  Global& log = global();
  const Lock lock(log.mutex);
  if (log.sink) {
    log.sink(line);
  } else {
    std::fprintf(stderr, "netpoll: %.*s\n", static_cast<int>(line.size()),
                 line.data());
  }
}

}  // namespace

Sink set_sink(Sink sink) {
  Global& log = global();
  const Lock lock(log.mutex);
  return std::exchange(log.sink, std::move(sink));
}

void warn(std::string_view what, std::error_code error) {
  warn(what, error.message());
}

void warn(std::string_view what, std::string_view detail) {
  std::string line(what);
  line += ": ";
  line += detail;
  write_line(line);
}

}  // namespace netpoll::log
