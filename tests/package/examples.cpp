// SPDX-License-Identifier: Apache-2.0
//
// The examples of the headers' comments, in functions, so that they compile:
// tests/tools/test_package.py looks for each line of an example in this file.
#include "examples.h"

#include <netpoll/base/mutex.h>
#include <netpoll/base/ref.h>
#include <netpoll/link_buffer/reader_writer.h>
#include <netpoll/mcache/buffer.h>
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <semaphore>
#include <span>
#include <thread>
#include <utility>

namespace consumer {
// NOLINTNEXTLINE(google-build-using-namespace): the examples are unqualified
using namespace netpoll;

struct Request {
  std::string line;
};

template <Reader R>
Result<Request> decode(R& reader);

namespace {

void use(std::span<const std::byte> bytes) {
  static_cast<void>(bytes);
}

}  // namespace

template <Reader R>
Result<Request> decode(R& reader) {
  auto line = reader.until(std::byte{'\n'});
  if (!line) return fail(line.error());
  return Request{{reinterpret_cast<const char*>(line->data()), line->size()}};
}

// base/error.h
bool ended(std::error_code error) {
  if (error == Condition::connection_closed) return true;
  return false;
}

// base/log.h
void complain(std::error_code error) {
  log::warn("accept4", error);
}

// base/result.h
std::error_code read_line(Input& reader) {
  const auto line = reader.until(std::byte{'\n'});
  if (!line) return line.error();
  use(*line);
  return {};
}

// link_buffer/consumed_nodes.h
class Outbox {
 public:
  void let_go_of_what_was_sent() {
    ConsumedNodes consumed;
    {
      const Lock lock(mutex_);
      consumed = buffer_.take_consumed_nodes();
    }
  }

 private:
  Mutex mutex_;
  LinkBuffer buffer_ NETPOLL_GUARDED_BY(mutex_);
};

// base/mutex.h
class Counter {
 public:
  explicit Counter(int first) : count_(first) {}
  int count() {
    const Lock lock(mutex_);
    ++count_;
    return count_;
  }

 private:
  Mutex mutex_;
  int count_ NETPOLL_GUARDED_BY(mutex_);
};

// base/ref.h
void share_block() {
  Ref<Block> a = Block::pooled(100);
  Ref<Block> b = a;
  a = nullptr;
  b = nullptr;
}

// client/dialer.h
std::error_code talk(Runtime& runtime) {
  auto server = dial(runtime, "tcp", "localhost:8080");
  if (!server) return server.error();
  Connection& conn = **server;
  conn.writer().write_string("hello\n");
  if (const auto error = conn.writer().flush()) return error;
  const auto line = conn.reader().until(std::byte{'\n'});
  return line ? std::error_code() : line.error();
}

std::error_code pass_on(Connection& conn, Runtime& runtime) {
  auto fd = conn.detach();
  if (!fd) return fd.error();
  auto unread = conn.reader().slice(conn.reader().size());
  auto next = adopt(runtime, *std::move(fd), *std::move(unread));
  return next ? std::error_code() : next.error();
}

// link_buffer/stream_reader_writer.h, link_buffer/reader_writer.h
struct File {
  Result<std::size_t> read(std::span<std::byte> into) { return into.size(); }
};

Result<Request> read_file(File& file) {
  StreamReader reader(file);
  Result<Request> request = decode(reader);
  return request;
}

// mcache/buffer.h
std::size_t borrow() {
  using mcache::Buffer;
  Buffer buffer(100);
  return buffer.size();
}

// server/event_loop.h
std::error_code serve(Runtime& runtime, const Handler& echo) {
  auto listener = Listener::listen("tcp", "127.0.0.1:8080");
  if (!listener) return listener.error();
  EventLoop loop(runtime, {.on_request = echo});
  if (const auto error = loop.start(*std::move(listener))) return error;
  return loop.shutdown(std::chrono::seconds(10));
}

// How to end at SIGTERM.
std::error_code serve_until_signal(Runtime& runtime, const Handler& echo) {
  sigset_t ends;  // blocked in main(), before Runtime::start(): threads inherit
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  auto listener = Listener::listen("tcp", "127.0.0.1:0");
  if (!listener) return listener.error();
  EventLoop loop(runtime, {.on_request = echo});
  if (const auto error = loop.start(*std::move(listener))) return error;
  int signal = 0;
  sigwait(&ends, &signal);
  return loop.shutdown(std::chrono::seconds(10));
}

// os/signals.h
std::error_code serve_alone(const Handler& echo) {
  os::EndSignals signals;
  auto runtime = Runtime::start();
  if (!runtime) return runtime.error();
  EventLoop loop(**runtime, {.on_request = echo});
  signals.wait();
  return loop.shutdown(std::chrono::seconds(30));
}

// How to keep state for each connection.
Handlers counting() {
  return {.on_connect = [](Connection& conn) {
    conn.set_on_request([count = 0](Connection& it) mutable {
      const auto request = it.reader().next(it.reader().size());
      if (!request) return it.close();
      it.writer().write_string(std::to_string(++count) + '\n');
      it.reader().release();
      if (it.writer().flush()) it.close();
    });
  }};
}

// How to learn of the end of a connection.
Handlers watched(std::atomic<int>& ended) {
  return {.on_prepare = [&ended](Connection& conn) {
    conn.add_close_callback([&ended](Connection&) { ++ended; });
  }};
}

// How to keep a connection beyond its handler.
Result<std::string> served_later(Runtime& runtime) {
  std::binary_semaphore there(0);
  Ref<Connection> kept;
  EventLoop loop(runtime, {.on_connect = [&](Connection& conn) {
                   kept = Ref<Connection>::share(conn);
                   there.release();
                 }});
  auto listener = Listener::listen("tcp", "127.0.0.1:0");
  if (!listener) return fail(listener.error());
  const Address address = listener->address();
  if (const auto error = loop.start(*std::move(listener))) return fail(error);
  auto client = dial(runtime, "tcp", address.to_string());
  if (!client) return fail(client.error());

  there.acquire();
  const std::jthread later([conn = std::move(kept)] {
    conn->writer().write_string("later\n");
    if (conn->writer().flush()) conn->close();
  });
  return (*client)->reader().read_string(6);
}

}  // namespace consumer
