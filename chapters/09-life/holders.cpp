// SPDX-License-Identifier: Apache-2.0
//
// Who holds a connection, counted at the moments of one life: a Ref of main,
// the poller's, a task's, and a Ref of one more thread, the helper.

#include <sys/socket.h>

#include <cstdio>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "one_life.h"

namespace {

using life::Connection;
using life::UniqueFd;
using netpoll::Ref;
using netpoll::Runtime;

thread_local const char* t_name = "";  // of the two threads that we started

// The name of the thread that asks.
const char* thread_name(Runtime& runtime) {
  if (t_name[0] != '\0') return t_name;
  return runtime.pollers().next().on_poller_thread() ? "poller" : "worker";
}

void print(const char* moment, unsigned number) {
  std::printf("%-20s %u\n", moment, number);
}
void print(const char* moment, const char* word) {
  std::printf("%-20s %s\n", moment, word);
}

// A second connection on the same poller. A byte that comes back over it has
// been through the poller, which has done by then what it was told before.
class Bell {
 public:
  explicit Bell(Runtime& runtime) : workers_(runtime.workers()) {
    auto [near, far] = life::pair();
    far_ = std::move(far);
    conn_ = netpoll::make_ref<Connection>(runtime, std::move(near),
                                          netpoll::Address(), handlers_);
    static_cast<void>(
        conn_->start([this](Connection&) { over_.count_down(); }));
  }
  ~Bell() {
    conn_->close();
    over_.wait();
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  // Returns when the poller and the only worker have done what was to be done.
  void ring() const {
    // Thrice: an operator is let go at the end of a turn that follows.
    for (int i = 0; i < 3; ++i) {
      life::send_x(far_);
      life::receive_x(far_);
    }
    std::latch reached(1);  // after all tasks that were queued before
    static_cast<void>(workers_.go([&reached] { reached.count_down(); }));
    reached.wait();
  }

 private:
  netpoll::GoPool& workers_;
  const life::Handlers handlers_{.on_request = [](Connection& conn) {
    life::take_all(conn);
    conn.reader().release();
    conn.writer().write_string("x");
    static_cast<void>(conn.writer().flush());
  }};
  std::latch over_{1};
  UniqueFd far_;
  Ref<Connection> conn_;
};

// Says which thread destroys the connection: the connection owns it, in a
// handler, and nobody else does.
struct LastWord {
  explicit LastWord(Runtime& of) : runtime(of) {}
  LastWord(const LastWord&) = delete;
  LastWord& operator=(const LastWord&) = delete;
  ~LastWord() { print("destroyed_by", thread_name(runtime)); }
  Runtime& runtime;
};

// One thread with a Ref of its own, from the handler until it is told to go.
struct Helper {
  Ref<Connection> kept;
  std::latch may_go{1};
  std::thread thread{[this] {
    t_name = "helper";
    may_go.wait();
    kept = nullptr;
  }};
};

void one_life(Runtime& runtime) {
  const Bell bell(runtime);
  Helper helper;
  std::latch over(1);
  unsigned callbacks = 0;
  const life::Handlers handlers{.on_request = [&](Connection& conn) {
    life::take_all(conn);
    print("in_on_request", conn.holders());
    helper.kept = Ref<Connection>::share(conn);
    print("helper_has_one", conn.holders());
  }};
  auto [near, far] = life::pair();

  auto conn = netpoll::make_ref<Connection>(runtime, std::move(near),
                                            netpoll::Address(), handlers);
  print("made", conn->holders());
  conn->add_close_callback([&](Connection& it) {
    ++callbacks;
    print("in_close_callback", it.holders());
    print("callback_on", thread_name(runtime));
  });
  conn->set_on_disconnect(
      [&runtime, last = std::make_shared<LastWord>(runtime)](Connection& it) {
        print("in_on_disconnect", it.holders());
        print("on_disconnect_on", thread_name(runtime));
      });
  if (conn->start([&over](Connection&) { over.count_down(); })) return;
  print("started", conn->holders());

  life::send_x(far);
  bell.ring();
  print("handler_returned", conn->holders());

  ::shutdown(far.get(), SHUT_WR);
  bell.ring();
  print("after_the_fin", conn->holders());
  print("callbacks_by_then", callbacks);

  conn->close();
  over.wait();
  bell.ring();
  print("closed", conn->holders());

  conn = nullptr;
  helper.may_go.count_down();
  helper.thread.join();
}

}  // namespace

int main() {
  t_name = "main";
  const auto runtime =
      *Runtime::start({.pollers = 1, .workers = {.name = "worker", .cap = 1}});
  one_life(*runtime);
}
