// SPDX-License-Identifier: Apache-2.0
//
// The peer closes while a handler runs. Does on_disconnect wait for it?

#include <latch>
#include <thread>

#include "one_life.h"

namespace {

using life::Connection;
using life::Handler;
using life::say;
using life::UniqueFd;

// Waits until the peer's end is known here.
void wait_inactive(const Connection& conn) {
  while (conn.is_active())
    std::this_thread::yield();
}

void during_on_connect() {
  const Handler connect = [](Connection& conn) {
    wait_inactive(conn);
    say("on_connect: knows of the end, and returns");
  };
  life::run(
      "the peer closes while on_connect runs",
      {.on_connect = connect, .on_disconnect = life::saying("on_disconnect")},
      [](UniqueFd& far) { far.reset(); });
}

// on_request returns only after on_disconnect has come: it would wait for ever
// if the two took turns.
void during_on_request() {
  std::latch entered(1);
  std::latch told(1);
  const Handler request = [&](Connection& conn) {
    say("on_request begins");
    entered.count_down();
    told.wait();
    static_cast<void>(conn.reader().skip(1));
    const auto more = conn.reader().next(1);
    say(more.error() == netpoll::Errc::eof ? "on_request: eof, and returns"
                                           : "on_request returns");
  };
  const Handler disconnect = [&told](Connection&) {
    say("on_disconnect");
    told.count_down();
  };
  life::run("the peer closes while on_request runs",
            {.on_request = request, .on_disconnect = disconnect},
            [&entered](UniqueFd& far) {
              life::send_x(far);
              entered.wait();
              far.reset();
            });
}

}  // namespace

int main() {
  during_on_connect();
  during_on_request();
}
