// SPDX-License-Identifier: Apache-2.0
#include "netpoll/base/error.h"

#include <cerrno>
#include <string>

namespace netpoll {
namespace {

const char* text_of(Errc code) {
  switch (code) {
    case Errc::conn_closed:
      return "connection has been closed";
    case Errc::read_timeout:
      return "connection read timeout";
    case Errc::dial_timeout:
      return "dial timeout";
    case Errc::unsupported:
      return "operation is not supported";
    case Errc::eof:
      return "end of stream: the peer closed the connection";
    case Errc::write_timeout:
      return "connection write timeout";
    case Errc::concurrent_access:
      return "concurrent connection access";
    case Errc::invalid_argument:
      return "invalid argument";
    case Errc::would_block:
      return "a handler on the poller's own thread cannot wait";
    case Errc::short_buffer:
      return "fewer bytes are buffered than asked for";
    case Errc::too_long:
      return "no delimiter within the longest line allowed";
    case Errc::missing_port:
      return "an address needs a port: HOST:PORT";
    case Errc::bad_port:
      return "a port is a number from 0 to 65535";
    case Errc::bad_host:
      return "the host is no address of this network (an IPv6 one stands in "
             "[brackets])";
    case Errc::bad_path:
      return "a unix path is empty, too long or has a zero byte";
    case Errc::unknown_network:
      return "the network must be tcp, tcp4, tcp6 or unix";
  }
  return "unknown netpoll error";
}

class ErrorCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "netpoll"; }
  std::string message(int code) const override {
    return text_of(static_cast<Errc>(code));
  }
};

bool is_closed(const std::error_code& error) {
  return error == Errc::conn_closed || error == Errc::eof ||
         error == std::errc::broken_pipe ||
         error == std::errc::connection_reset;
}

bool is_timeout(const std::error_code& error) {
  return error == Errc::read_timeout || error == Errc::write_timeout ||
         error == Errc::dial_timeout || error == std::errc::timed_out;
}

bool is_bad_address(const std::error_code& error) {
  return error == Errc::missing_port || error == Errc::bad_port ||
         error == Errc::bad_host || error == Errc::bad_path ||
         error == Errc::unknown_network;
}

class ConditionCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "netpoll condition"; }
  std::string message(int value) const override {
    switch (static_cast<Condition>(value)) {
      case Condition::connection_closed:
        return "connection closed";
      case Condition::timed_out:
        return "timed out";
      case Condition::bad_address:
        return "no address";
    }
    return "unknown netpoll condition";
  }
  bool equivalent(const std::error_code& error,
                  int value) const noexcept override {
    switch (static_cast<Condition>(value)) {
      case Condition::connection_closed:
        return is_closed(error);
      case Condition::timed_out:
        return is_timeout(error);
      case Condition::bad_address:
        return is_bad_address(error);
    }
    return false;
  }
};

}  // namespace

const std::error_category& error_category() {
  static const ErrorCategory category;
  return category;
}

const std::error_category& condition_category() {
  static const ConditionCategory category;
  return category;
}

std::error_code make_error_code(Errc code) {
  return {static_cast<int>(code), error_category()};
}

std::error_condition make_error_condition(Condition condition) {
  return {static_cast<int>(condition), condition_category()};
}

std::error_code last_system_error() {
  return {errno, std::system_category()};
}

}  // namespace netpoll
