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
// counted reference, and the last one frees it. The asking thread ends when the
// system's resolver gives up (see "timeout" in resolv.conf(5)).
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

/// The addresses of one name, the one to be tried first in front.
using Addresses = std::vector<Address>;

/// Answers which addresses a name has. May block; must not throw. resolve()
/// copies it, and the copy may still run after resolve() has returned.
using Lookup = std::function<Result<Addresses>(std::string_view network,
                                               const HostPort& name)>;

/// Asks the system, getaddrinfo(3): files, DNS, and what else nsswitch.conf(5)
/// names. Fails with a code of resolve_category(). [any but a poller]
[[nodiscard]] Result<Addresses> look_up(std::string_view network,
                                        const HostPort& name);

/// Checks the form of `text` for `network`: no error when it is an address as
/// Address::parse() takes it, or can be a name with a port. Asks no name
/// server. Fails with a Condition::bad_address. [any]
[[nodiscard]] std::error_code check_form(std::string_view network,
                                         std::string_view text);

/// The addresses that `text` stands for, at least one. `text` is an address as
/// Address::parse() takes it, or HOST:PORT with names. Blocks until they are
/// known or `deadline` has come.
///
/// Fails as check_form() and `lookup` do, with Errc::dial_timeout, or with
/// std::errc::resource_unavailable_try_again when no thread can be started.
/// [any but a poller]
[[nodiscard]] Result<Addresses> resolve(std::string_view network,
                                        std::string_view text,
                                        Deadline deadline,
                                        Lookup lookup = look_up);

/// The category "netpoll resolver"; its values are the EAI_ codes of
/// getaddrinfo(3). Lives as long as the program. [any]
const std::error_category& resolve_category();

}  // namespace netpoll::os
