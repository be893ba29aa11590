// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "netpoll/base/mutex.h"
#include "netpoll/base/ref.h"
#include "netpoll/os/new_fd.h"

namespace netpoll::os {
namespace {

class ResolveCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "netpoll resolver"; }
  std::string message(int code) const override {
    return std::string("name resolution: ") + ::gai_strerror(code);
  }
};

std::error_code gai_error(int code) {
  if (code == EAI_SYSTEM) return last_system_error();
  return {code, resolve_category()};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int family_of(std::string_view network) {
  if (network == "tcp4") return AF_INET;
  return network == "tcp6" ? AF_INET6 : AF_UNSPEC;
}

// Splits `text`, which Address::parse() has refused with `error`, into the host
// and the port that a lookup may still find. Fails with `error`, or with
// another Condition::bad_address, when no lookup could find an address for it.
Result<HostPort> name_in(std::string_view text, std::error_code error) {
  if (error != Errc::bad_host && error != Errc::bad_port) return fail(error);
  // If `text` is an address of the other family (IPv4 for tcp6, IPv6 for tcp4),
  // it is no name that a lookup could find.
  if (Address::parse("tcp", text)) return fail(error);
  Result<HostPort> name = HostPort::split(text);
  if (!name) return name;
  // A port is a number from 0 to 65535 or the name of a service, which has at
  // least one letter (RFC 6335). Any other port is refused.
  const bool is_number = Address::parse("tcp", ":" + name->port).has_value();
  if (!is_number && std::ranges::none_of(name->port, is_letter)) {
    return fail(Errc::bad_port);
  }
  return name;
}

// One name to look up, and the answer. Two threads hold it by Ref: the thread
// that asks, until it has the answer or the deadline has come; and the thread
// that looks the name up, until that thread ends.
class Question : public RefCounted<Question> {
 public:
  Question(std::string_view network, HostPort name, Lookup lookup)
      : network_(network), name_(std::move(name)), lookup_(std::move(lookup)) {}

  // Looks the name up, stores the answer, and wakes the thread in wait().
  // [the thread that looks the name up]
  void find_answer() {
    Result<Addresses> answer = lookup_(network_, name_);
    const Lock lock(mutex_);
    answer_ = std::move(answer);
    answered_.notify_one();
  }

  // Sleeps until the answer has come, and returns it; fails at `deadline`.
  // [the thread that asks]
  Result<Addresses> wait(Deadline deadline) {
    Lock lock(mutex_);
    while (!answer_) {
      if (!lock.wait_until(answered_, deadline) && !answer_) {
        return fail(Errc::dial_timeout);
      }
    }
    return *std::move(answer_);
  }

 private:
  // What find_answer() looks up (network_, name_), and by which function.
  const std::string network_;
  const HostPort name_;
  const Lookup lookup_;

  Mutex mutex_;
  std::condition_variable answered_;  // notified when answer_ has got its value
  std::optional<Result<Addresses>> answer_ NETPOLL_GUARDED_BY(mutex_);
};

Result<Addresses> ask_on_a_thread(const Ref<Question>& question,
                                  Deadline deadline) {
  try {
    std::thread([question] {
      ::pthread_setname_np(::pthread_self(), "resolver");
      question->find_answer();
    }).detach();
  } catch (const std::system_error& error) {  // no thread can be started
    return fail(error.code());
  }
  return question->wait(deadline);
}

}  // namespace

Result<Addresses> look_up(std::string_view network, const HostPort& name) {
  addrinfo hints{};
  hints.ai_family = family_of(network);
  hints.ai_socktype = SOCK_STREAM;
  // AI_PASSIVE: for a name without a host, the answer is the wildcard address,
  // 0.0.0.0 or [::]. A server that listens there can be reached by every
  // interface; a client that dials it reaches its own machine. AI_NUMERICSERV:
  // the port is a number, so no service is looked up.
  const bool numeric = std::ranges::all_of(name.port, is_digit);
  hints.ai_flags = AI_PASSIVE | (numeric ? AI_NUMERICSERV : 0);

  // getaddrinfo(3) opens sockets of its own. While none of the descriptors 0, 1
  // and 2 is free, no such socket can become a standard stream.
  const StandardFds none_is_free = open_closed_standard_fds();
  const char* host = name.host.empty() ? nullptr : name.host.c_str();
  addrinfo* first = nullptr;
  const int code = ::getaddrinfo(host, name.port.c_str(), &hints, &first);
  if (code != 0) return fail(gai_error(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(
      first, ::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* it = first; it != nullptr; it = it->ai_next) {
    addresses.push_back(Address::from_system(it->ai_addr, it->ai_addrlen));
  }
  return addresses;
}

std::error_code check_form(std::string_view network, std::string_view text) {
  const Result<Address> address = Address::parse(network, text);
  if (address) return {};
  const Result<HostPort> name = name_in(text, address.error());
  return name ? std::error_code() : name.error();
}

Result<Addresses> resolve(std::string_view network, std::string_view text,
                          Deadline deadline, Lookup lookup) {
  assert(lookup != nullptr);
  const Result<Address> address = Address::parse(network, text);
  if (address) return Addresses{*address};
  Result<HostPort> name = name_in(text, address.error());
  if (!name) return fail(name.error());

  Result<Addresses> found =
      deadline == kNever
          ? lookup(network, *name)
          : ask_on_a_thread(make_ref<Question>(network, *std::move(name),
                                               std::move(lookup)),
                            deadline);
  if (found && found->empty()) return fail(gai_error(EAI_NONAME));
  return found;
}

const std::error_category& resolve_category() {
  static const ResolveCategory category;
  return category;
}

}  // namespace netpoll::os
