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
  conn_closed = 0x101,        ///< closed by this side, or before the call
  read_timeout = 0x102,       ///< a reader waited its whole read timeout
  dial_timeout = 0x103,       ///< no connection within the dial timeout
  unsupported = 0x105,        ///< not possible with this kind of socket
  eof = 0x106,                ///< the peer closed before enough bytes came
  write_timeout = 0x107,      ///< the peer did not take the bytes in time
  concurrent_access = 0x108,  ///< another thread flushes this connection
  invalid_argument = 0x109,   ///< an argument that the call cannot use
  short_buffer = 0x10a,       ///< a LinkBuffer has fewer bytes than asked for
  would_block = 0x10b,        ///< a handler must not wait on a poller's thread
  too_long = 0x10c,           ///< no delimiter in the `max` bytes of until()
  missing_port = 0x10d,       ///< an address without ":PORT"
  bad_port = 0x10e,           ///< a port that is no number from 0 to 65535
  bad_host = 0x10f,           ///< a host that is no numeric address
  bad_path = 0x110,           ///< unix path that is empty, too long or has '\0'
  unknown_network = 0x111,    ///< a network not tcp, tcp4, tcp6 or unix
};

/// Kinds of errors, to compare a std::error_code with. Several codes are equal
/// to one kind.
enum class Condition {
  /// Errc::conn_closed, Errc::eof and the system's EPIPE and ECONNRESET. When
  /// the peer closes during a flush(), flush() may return any of these four.
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

/// Returns the std::error_code of `code`. The constructor of std::error_code
/// calls this function, so an Errc converts implicitly. [any]
std::error_code make_error_code(Errc code);
/// Returns the std::error_condition of `condition`. The constructor of
/// std::error_condition calls this function, so a Condition converts
/// implicitly. [any]
std::error_condition make_error_condition(Condition condition);

/// The errno of the system call that has just failed, as an error code of the
/// system. [any]
[[nodiscard]] std::error_code last_system_error();

}  // namespace netpoll

template <>
struct std::is_error_code_enum<netpoll::Errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<netpoll::Condition> : std::true_type {};
