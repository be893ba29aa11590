// SPDX-License-Identifier: Apache-2.0
#pragma once

// From names to addresses: "localhost:http" is 127.0.0.1:80 and [::1]:80.
//
//    resolve(network, text, deadline, lookup)
//      an address already ------------------------> itself, at once
//      a name, no deadline -----> lookup, here ---> addresses
//      a name and a deadline
//        a thread of its own ---> lookup ---+-----> addresses
//                                           |
//                      Errc::dial_timeout <-+ too late: nobody waits for it
//
// getaddrinfo(3) knows no time limit and cannot be interrupted. So a thread
// asks, and whoever is late leaves it behind: the two share the question, and
// the last one to go frees it. The thread ends when the system's resolver gives
// up (see "timeout" in resolv.conf(5)). getaddrinfo_a(3) was refused: what it
// has begun it cannot cancel either, and the memory would have to be leaked.
// Upstream: net_dialer.go:86; Go's resolver speaks DNS itself.

#include <functional>
#include <string_view>
#include <system_error>
#include <vector>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/address.h"

namespace netpoll::os {

/// In the order in which they are to be tried.
using Addresses = std::vector<Address>;

/// Answers which addresses a name has. May block and must not throw. It is
/// copied, and the copy may still run after resolve() has returned.
using Lookup = std::function<Result<Addresses>(std::string_view network,
                                               const HostPort& name)>;

/// Asks the system, getaddrinfo(3): files, DNS, whatever nsswitch.conf says.
/// Fails with a code of resolve_category(). [any but a poller]
Result<Addresses> look_up(std::string_view network, const HostPort& name);

/// What `text` stands for, at least one address: as Address::parse() takes it,
/// or with names for host and port. Blocks until known or `deadline`.
///
/// Fails as Address::parse() does when `text` can be no name, as `lookup` does,
/// with Errc::dial_timeout, or with
/// std::errc::resource_unavailable_try_again when a thread cannot be had.
/// [any but a poller]
Result<Addresses> resolve(std::string_view network, std::string_view text,
                          Deadline deadline, Lookup lookup = look_up);

/// "netpoll resolver": its values are getaddrinfo's EAI_ codes. Lives as long
/// as the program. [any]
const std::error_category& resolve_category();

}  // namespace netpoll::os
