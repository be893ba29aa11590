// SPDX-License-Identifier: Apache-2.0
//
// Four ends of a connection: in which order do its handlers and its close
// callbacks run?

#include <algorithm>
#include <array>
#include <latch>
#include <stdexcept>
#include <string>

#include "netpoll/base/log.h"
#include "one_life.h"

namespace {

using life::Connection;
using life::Handler;
using life::say;
using life::send_x;
using life::UniqueFd;
using netpoll::Ref;

const Handler kConnect = life::saying("on_connect");
const Handler kDisconnect = life::saying("on_disconnect");

void peer_closes() {
  std::latch handled(1);
  const Handler request = [&handled](Connection& conn) {
    life::take_all(conn);
    say("on_request");
    handled.count_down();
  };
  life::run("the peer closes", {{}, kConnect, request, kDisconnect},
            [&handled](UniqueFd& far) {
              send_x(far);
              handled.wait();
              far.reset();
            });
}

void handler_closes() {
  const Handler request = [](Connection& conn) {
    conn.close();
    say("on_request: close() has returned");
  };
  life::run("on_request closes", {{}, kConnect, request, kDisconnect}, send_x);
}

void handler_throws() {
  const Handler request = [](Connection&) {
    say("on_request");
    throw std::runtime_error("lost my way");
  };
  life::run("on_request throws", {{}, kConnect, request, kDisconnect}, send_x);
}

// The handler keeps a Ref; the answer is written after on_disconnect has run.
void peer_half_closes() {
  Ref<Connection> kept;
  std::latch handled(1);
  std::latch told(1);
  const Handler request = [&](Connection& conn) {
    life::take_all(conn);
    kept = Ref<Connection>::share(conn);
    say("on_request: keeps a Ref");
    handled.count_down();
  };
  const Handler disconnect = [&told](Connection&) {
    say("on_disconnect");
    told.count_down();
  };
  const auto peer = [&](UniqueFd& far) {
    send_x(far);
    handled.wait();
    ::shutdown(far.get(), SHUT_WR);
    told.wait();
    kept->writer().write_string("answer");
    say(kept->writer().flush() ? "flush fails" : "flush succeeds");
    std::array<char, 16> room{};
    const ssize_t n = ::recv(far.get(), room.data(), room.size(), 0);
    say("the peer reads: " +
        std::string(room.data(),
                    static_cast<std::size_t>(std::max<ssize_t>(n, 0))));
    say("the Ref goes");
    kept = nullptr;
  };
  life::run("the peer half-closes", {{}, kConnect, request, disconnect}, peer);
}

}  // namespace

int main() {
  netpoll::log::set_sink(
      [](std::string_view line) { say("log: " + std::string(line)); });
  peer_closes();
  handler_closes();
  handler_throws();
  peer_half_closes();
}
