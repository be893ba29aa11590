// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/log.h"

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "netpoll/base/mutex.h"

namespace netpoll::log {
namespace {

// The log owns its current sink together with each thread that is calling this
// sink. So set_sink() can replace a sink while threads call it; the last owner
// destroys it.
using SharedSink = std::shared_ptr<const Sink>;

struct Global {
  Mutex mutex;
  SharedSink sink NETPOLL_GUARDED_BY(mutex);  // nullptr: lines go to stderr
};

// The one Global of the process. It is never destroyed: a worker may still call
// warn() while the static objects of the program are destroyed.
Global& global() {
  static auto* const it = new Global;
  return *it;
}

SharedSink current_sink() {
  Global& log = global();
  const Lock lock(log.mutex);
  return log.sink;
}

// When a thread is inside this many nested calls of a sink, its next line goes
// to standard error. Without this limit a sink that itself calls warn() each
// time would never return.
constexpr int kDepthMax = 4;
// The number of nested calls of a sink that this thread is inside.
thread_local int t_depth = 0;

void write_to_stderr(std::string_view line) {
  std::fprintf(stderr, "netpoll: %.*s\n", static_cast<int>(line.size()),
               line.data());
}

void call(const Sink& sink, std::string_view line) {
  ++t_depth;
  try {
    sink(line);
  } catch (const std::exception& thrown) {
    write_to_stderr(line);
    write_to_stderr(std::string("the log's sink threw: ") + thrown.what());
  } catch (...) {
    write_to_stderr(line);
    write_to_stderr("the log's sink threw: not a std::exception");
  }
  --t_depth;
}

}  // namespace

Sink set_sink(Sink sink) {
  SharedSink replacement;
  if (sink) replacement = std::make_shared<const Sink>(std::move(sink));
  Global& log = global();
  {
    const Lock lock(log.mutex);
    log.sink.swap(replacement);
  }
  // `replacement` is now the earlier sink. It is copied and destroyed without
  // the lock, because both run code of the user.
  return replacement ? *replacement : nullptr;
}

void warn(std::string_view what, std::error_code error) noexcept {
  warn(what, error.message());
}

void warn(std::string_view what, std::string_view detail) noexcept {
  std::string line(what);
  line += ": ";
  line += detail;
  const SharedSink sink = current_sink();
  if (sink && t_depth < kDepthMax) {
    call(*sink, line);
  } else {
    write_to_stderr(line);
  }
}

}  // namespace netpoll::log
