// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can go wrong with a connection, as std::error_code.
//
//    Errc (ours, 0x101…)  --\                      Condition::connection_closed
//                            >-- std::error_code ==< Condition::timed_out
//    errno (the system's) --/                      Condition::bad_address
//
// A code is made where the operation fails, and is passed up unchanged. To ask
// of which kind an error is, compare it with a Condition, never its text:
//
//    if (error == Condition::connection_closed) …   // closed by us or the peer
//
// Upstream: ErrConnClosed, connection_errors.go:26; the numbers up to 0x108 are
// the same.

#include <system_error>

namespace netpoll {

/// The errors of this library; the system's come as std::errc.
enum class Errc {
  conn_closed = 0x101,        ///< closed by us, or closed before the call
  read_timeout = 0x102,       ///< a reader waited its whole read timeout
  dial_timeout = 0x103,       ///< no connection within the dial timeout
  unsupported = 0x105,        ///< this kind of socket cannot do that
  eof = 0x106,                ///< the peer closed; too few bytes are left
  write_timeout = 0x107,      ///< the peer did not take the bytes in time
  concurrent_access = 0x108,  ///< two threads flush one connection
  invalid_argument = 0x109,   ///< a size, or a socket, that cannot be used
  short_buffer = 0x10a,       ///< a LinkBuffer has fewer bytes than asked for
  would_block = 0x10b,        ///< a handler on the poller's thread would wait
  too_long = 0x10c,           ///< no delimiter within the bound of until()
  missing_port = 0x10d,       ///< an address without ":PORT"
  bad_port = 0x10e,           ///< a port that is no number from 0 to 65535
  bad_host = 0x10f,           ///< a host that is no numeric address
  bad_path = 0x110,           ///< a unix path: empty, too long, a zero byte
  unknown_network = 0x111,    ///< none of tcp, tcp4, tcp6, unix
};

/// Kinds of error: each unites several codes.
enum class Condition {
  /// Errc::conn_closed, Errc::eof and the system's EPIPE and ECONNRESET. When
  /// the peer closes during a flush(), the flush gets any one of them.
  connection_closed = 1,
  /// The three time-outs of Errc, and the system's ETIMEDOUT.
  timed_out = 2,
  /// A text that is no address: Errc::missing_port, bad_port, bad_host,
  /// bad_path and unknown_network.
  bad_address = 3,
};

/// The category "netpoll" of Errc; lives as long as the program. [any]
const std::error_category& error_category();
/// The category "netpoll condition" of Condition; lives as long as the program.
/// [any]
const std::error_category& condition_category();

/// The std::error_code of `code`; an Errc converts by itself, since the
/// constructor of std::error_code finds this function. [any]
std::error_code make_error_code(Errc code);
/// The std::error_condition of `condition`; the constructor of
/// std::error_condition finds this function. [any]
std::error_condition make_error_condition(Condition condition);

/// The errno of the system call that has just failed, as an error code of the
/// system. [any]
[[nodiscard]] std::error_code last_system_error();

}  // namespace netpoll

template <>
struct std::is_error_code_enum<netpoll::Errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<netpoll::Condition> : std::true_type {};
