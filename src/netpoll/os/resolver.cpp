// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/resolver.h"

#include <netdb.h>
#include <pthread.h>

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

// The name in `text`, or why it can hold none.
Result<HostPort> name_in(std::string_view network, std::string_view text,
                         std::error_code why_no_address) {
  if (why_no_address != Errc::invalid_argument || network == "unix") {
    return fail(why_no_address);
  }
  // An address of the other family is no name.
  if (Address::parse("tcp", text)) return fail(why_no_address);
  Result<HostPort> name = HostPort::split(text);
  if (!name) return name;
  // A service's name has a letter (RFC 6335); what has none is a bad number.
  const bool has_port = Address::parse("tcp", ":" + name->port).has_value();
  if (!has_port && std::ranges::none_of(name->port, is_letter)) {
    return fail(why_no_address);
  }
  return name;
}

// A question and its answer. Held by who asks, until he has it or is late, and
// by the thread that looks it up, until it ends.
class Question : public RefCounted<Question> {
 public:
  Question(std::string_view network, HostPort name, Lookup lookup)
      : network_(network), name_(std::move(name)), lookup_(std::move(lookup)) {}

  // [the thread]
  void look_up() {
    Result<Addresses> answer = lookup_(network_, name_);
    const Lock lock(mutex_);
    answer_ = std::move(answer);
    answered_.notify_one();
  }

  // [who asks]
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
  std::condition_variable answered_;
  std::optional<Result<Addresses>> answer_ NETPOLL_GUARDED_BY(mutex_);
};

Result<Addresses> ask_on_a_thread(const Ref<Question>& question,
                                  Deadline deadline) {
  try {
    std::thread([question] {
      ::pthread_setname_np(::pthread_self(), "resolver");
      question->look_up();
    }).detach();
  } catch (const std::system_error& error) {  // no thread can be had
    return fail(error.code());
  }
  return question->wait(deadline);
}

}  // namespace

Result<Addresses> look_up(std::string_view network, const HostPort& name) {
  addrinfo hints{};
  hints.ai_family = family_of(network);
  hints.ai_socktype = SOCK_STREAM;
  // No host: every interface for who listens, this machine for who dials.
  const bool numeric = std::ranges::all_of(name.port, is_digit);
  hints.ai_flags = AI_PASSIVE | (numeric ? AI_NUMERICSERV : 0);

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

Result<Addresses> resolve(std::string_view network, std::string_view text,
                          Deadline deadline, Lookup lookup) {
  assert(lookup != nullptr);
  const Result<Address> address = Address::parse(network, text);
  if (address) return Addresses{*address};
  Result<HostPort> name = name_in(network, text, address.error());
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
