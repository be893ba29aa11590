// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every way in which a connection can end, and what its own handlers do about
// it. What the peer and the user do: three_references_stress_test.cpp.

#include <chrono>
#include <stdexcept>
#include <string>

#include "netpoll/connection/connection.h"

namespace netpoll::test {

/// What ends a connection.
enum class Way {
  peer_is_idle_and_closes,
  peer_sends_and_closes,
  peer_half_closes_and_gets_its_answer,
  peer_resets,
  close_in_on_prepare,
  close_in_on_connect,
  close_in_on_request,
  close_in_on_disconnect,
  close_in_close_callback,
  throw_in_on_prepare,
  throw_in_on_connect,
  throw_in_on_request,
  throw_in_on_disconnect,
  throw_in_close_callback,
  user_closes,
  user_closes_twice_at_once,
  close_while_next_waits,
  close_while_flush_waits,
  read_timeout,
  write_timeout,
  idle_timeout,
  detach_in_on_request,
  user_detaches,
  epoll_refuses,
  dialled_and_closed,
  dialled_and_peer_closes_first,
  dialled_and_closed_while_next_waits,
  loop_ends,  // with the client still there
  loop_is_destroyed_while_next_waits,
};
inline constexpr int kWays =
    static_cast<int>(Way::loop_is_destroyed_while_next_waits) + 1;

inline void close(Connection& conn) {
  conn.close();
}

inline void throw_something(Connection&) {
  throw std::runtime_error("on purpose");
}

inline void answer(Connection& conn) {
  conn.writer().write_binary(*conn.reader().next(conn.reader().size()));
  static_cast<void>(conn.writer().flush());
  conn.reader().release();
}

inline void wait_for_more(Connection& conn) {
  static_cast<void>(conn.reader().next(1'000));
}

inline void flush_much(Connection& conn) {
  conn.writer().write_string(std::string(300'000, 'x'));
  static_cast<void>(conn.writer().flush());
}

inline Handler on_connect_of(Way way) {
  switch (way) {
    case Way::close_in_on_connect:
      return close;
    case Way::throw_in_on_connect:
      return throw_something;
    case Way::write_timeout:
    case Way::close_while_flush_waits:
      return flush_much;
    case Way::close_while_next_waits:
    case Way::loop_is_destroyed_while_next_waits:
      return wait_for_more;
    default:
      return {};
  }
}

inline Handler on_request_of(Way way) {
  switch (way) {
    case Way::close_in_on_request:
    case Way::dialled_and_peer_closes_first:
      return close;
    case Way::throw_in_on_request:
      return throw_something;
    case Way::read_timeout:
      return [](Connection& conn) {
        wait_for_more(conn);
        conn.close();
      };
    case Way::detach_in_on_request:
      return [](Connection& conn) { static_cast<void>(conn.detach()); };
    default:
      return answer;
  }
}

inline Handler on_disconnect_of(Way way) {
  if (way == Way::close_in_on_disconnect) return close;
  if (way == Way::throw_in_on_disconnect) return throw_something;
  return {};
}

/// In on_prepare, which may throw. Takes on_disconnect_of() as set already.
/// [poller]
inline void prepare_for(Way way, Connection& conn) {
  constexpr std::chrono::milliseconds kSoon(1);
  conn.set_on_connect(on_connect_of(way));
  conn.set_on_request(on_request_of(way));
  if (way == Way::read_timeout) conn.set_read_timeout(kSoon);
  if (way == Way::write_timeout) conn.set_write_timeout(kSoon);
  if (way == Way::idle_timeout) conn.set_idle_timeout(kSoon);
  if (way == Way::close_in_close_callback) conn.add_close_callback(close);
  if (way == Way::throw_in_close_callback) {
    conn.add_close_callback(throw_something);
  }
  if (way == Way::close_in_on_prepare) close(conn);
  if (way == Way::throw_in_on_prepare) throw_something(conn);
}

}  // namespace netpoll::test
