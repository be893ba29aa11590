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
//                      Errc::dial_timeout <-+ at the deadline
//
// getaddrinfo(3) has no time limit and cannot be interrupted. So a thread of
// its own calls it; the thread that called resolve() waits for the answer, and
// returns without it at the deadline. Both threads hold the question by a
// counted reference, and the last one frees it. The thread in getaddrinfo(3)
// ends when the system's resolver gives up (see "timeout" in resolv.conf(5)).
// getaddrinfo_a(3) was refused: it cannot interrupt a lookup either, and the
// memory of one that goes on would have to be leaked.
// Upstream: net_dialer.go:98 (dialer.dialTCP) calls Go's resolver, which speaks
// DNS itself.

#include <functional>
#include <string_view>
#include <system_error>
#include <vector>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/address.h"

namespace netpoll::os {

/// The addresses of one name, in the order in which a client should try them.
using Addresses = std::vector<Address>;

/// A function that finds the addresses of a name. It may block; it must not
/// throw. resolve() calls a copy of it, possibly on a thread of its own, and
/// that call may go on after resolve() has returned at its deadline.
using Lookup = std::function<Result<Addresses>(std::string_view network,
                                               const HostPort& name)>;

/// Finds the addresses of `name` by getaddrinfo(3), which asks files, DNS and
/// whatever else nsswitch.conf(5) names. Fails with a code of
/// resolve_category(), or with the errno of a system call. [any but a poller]
[[nodiscard]] Result<Addresses> look_up(std::string_view network,
                                        const HostPort& name);

/// Checks the form of `text` for `network`. Returns no error when `text` is an
/// address that Address::parse() takes, or when it can be a host's name with a
/// port. Asks no name server. Fails with a Condition::bad_address. [any]
[[nodiscard]] std::error_code check_form(std::string_view network,
                                         std::string_view text);

/// The addresses that `text` stands for: at least one. `text` is an address
/// that Address::parse() takes, or HOST:PORT with a name for either or both.
/// Blocks until `lookup` has found the addresses or `deadline` has come.
///
/// Fails as check_form() and `lookup` do, with Errc::dial_timeout at the
/// deadline, or with std::errc::resource_unavailable_try_again when no thread
/// can be started.
/// [any but a poller]
[[nodiscard]] Result<Addresses> resolve(std::string_view network,
                                        std::string_view text,
                                        Deadline deadline,
                                        Lookup lookup = look_up);

/// The error category of failed lookups, "netpoll resolver". Its values are the
/// EAI_… codes of getaddrinfo(3). It lives as long as the program. [any]
const std::error_category& resolve_category();

}  // namespace netpoll::os
