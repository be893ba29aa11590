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

// The name in `text`, which is no address for the reason `error`; fails with
// `error` when there can be no name in it.
Result<HostPort> name_in(std::string_view text, std::error_code error) {
  if (error != Errc::bad_host && error != Errc::bad_port) return fail(error);
  // An address of the other family is no name.
  if (Address::parse("tcp", text)) return fail(error);
  Result<HostPort> name = HostPort::split(text);
  if (!name) return name;
  // The name of a service has a letter (RFC 6335); a port without one that is
  // no number from 0 to 65535 is neither.
  const bool is_number = Address::parse("tcp", ":" + name->port).has_value();
  if (!is_number && std::ranges::none_of(name->port, is_letter)) {
    return fail(Errc::bad_port);
  }
  return name;
}

// A question and its answer. The thread that asks holds it until it has the
// answer or the deadline has come; the thread that looks the name up holds it
// until that thread ends.
class Question : public RefCounted<Question> {
 public:
  Question(std::string_view network, HostPort name, Lookup lookup)
      : network_(network), name_(std::move(name)), lookup_(std::move(lookup)) {}

  // [the thread that looks the name up]
  void find_answer() {
    Result<Addresses> answer = lookup_(network_, name_);
    const Lock lock(mutex_);
    answer_ = std::move(answer);
    answered_.notify_one();
  }

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
  // Constant after construction.
  const std::string network_;
  const HostPort name_;
  const Lookup lookup_;

  Mutex mutex_;
  std::condition_variable answered_;  // answer_ has a value
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
  // Without a host the answer is every interface (AI_PASSIVE). A server listens
  // there; a client that dials it reaches this machine.
  const bool numeric = std::ranges::all_of(name.port, is_digit);
  hints.ai_flags = AI_PASSIVE | (numeric ? AI_NUMERICSERV : 0);

  // The system's resolver opens sockets of its own.
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
