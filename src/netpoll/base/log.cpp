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

// A sink is shared by the log and by each thread that is inside it. So
// set_sink() can replace a sink that runs, and the last of them destroys it.
using SharedSink = std::shared_ptr<const Sink>;

struct Global {
  Mutex mutex;
  SharedSink sink NETPOLL_GUARDED_BY(mutex);  // nullptr: standard error
};

// Never destroyed: a worker may still warn while main()'s statics are
// destroyed.
Global& global() {
  static auto* const it = new Global;
  return *it;
}

SharedSink current_sink() {
  Global& log = global();
  const Lock lock(log.mutex);
  return log.sink;
}

// How many calls of a sink this thread is inside. A sink that warns each time
// it is called would otherwise never return.
constexpr int kDepthMax = 4;
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
  // Without the lock: copying and destroying a sink runs code of the user.
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
