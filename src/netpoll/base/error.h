// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can go wrong with a connection, as std::error_code.
//
//    Errc (ours, 0x101…)  --\                      Condition::connection_closed
//                            >-- std::error_code ==<
//    errno (the system's) --/                      Condition::timed_out
//
// A code is made where the thing fails and is passed up unchanged. Ask what
// kind it is by comparing with a Condition, never by comparing strings:
//
//    if (error == Condition::connection_closed) …   // we closed, or the peer
//
// Upstream: connection_errors.go:26 (the numbers are the same).

#include <system_error>

namespace netpoll {

enum class Errc {
  conn_closed = 0x101,        // we closed it, or it was closed before the call
  read_timeout = 0x102,       // a reader waited its whole read timeout
  dial_timeout = 0x103,       // no connection within the dial timeout
  unsupported = 0x105,        // asked for what this kind of socket has not
  eof = 0x106,                // the peer closed; not enough bytes are left
  write_timeout = 0x107,      // the peer did not take the bytes in time
  concurrent_access = 0x108,  // two threads flush one connection
  invalid_argument = 0x109,   // a size or an address that cannot be
  short_buffer = 0x10a,       // a LinkBuffer holds fewer bytes than asked for
  would_block = 0x10b,        // a handler on the poller's thread would wait
  too_long = 0x10c,           // no delimiter within the bound of until()
  missing_port = 0x10d,       // an address without ":PORT"
  bad_port = 0x10e,           // a port that is no number from 0 to 65535
  bad_host = 0x10f,           // a host that is no numeric address
  bad_path = 0x110,           // a unix path: empty, too long, a zero byte in it
  unknown_network = 0x111,    // a network that is none of tcp, tcp4, tcp6, unix
};

/// Kinds of error that several codes share.
enum class Condition {
  /// Errc::conn_closed, Errc::eof and the system's EPIPE and ECONNRESET: which
  /// of them a flush() gets that is under way when the peer goes is chance.
  connection_closed = 1,
  timed_out = 2,  // Errc's three time-outs and the system's ETIMEDOUT
};

/// "netpoll"; lives as long as the program. [any]
const std::error_category& error_category();
/// "netpoll condition"; lives as long as the program. [any]
const std::error_category& condition_category();

/// Found by std::error_code's constructor, so that an Errc converts. [any]
std::error_code make_error_code(Errc code);
/// Found by std::error_condition's constructor. [any]
std::error_condition make_error_condition(Condition condition);

/// The errno of the system call that has just failed. [any]
std::error_code last_system_error();

}  // namespace netpoll

template <>
struct std::is_error_code_enum<netpoll::Errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<netpoll::Condition> : std::true_type {};
