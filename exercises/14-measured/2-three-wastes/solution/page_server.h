// SPDX-License-Identifier: Apache-2.0
#pragma once

// A server of pages. A request is a name and '\n'; the answer is the page's
// length, as 8 digits, and the page. A name that is not known has length 0.
// Handlers run inline: a call that would wait fails with Errc::would_block.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "netpoll/connection/connection.h"
#include "netpoll/link_buffer/block.h"

class PageServer {
 public:
  static constexpr std::size_t kNameMax = 256;  // with its '\n'

  /// Serves `pages`: the page of each name. [init]
  explicit PageServer(const std::map<std::string, std::string>& pages);
  /// Answers the requests that are there; closes after a name that is too
  /// long. The server outlives the connection. [worker]
  void on_request(netpoll::Connection& conn) const;

 private:
  void answer(netpoll::Connection& conn, std::string_view name) const;

  // Each page lies in one block, which all its answers share. std::less<> finds
  // a string_view without making a string of it.
  std::map<std::string, netpoll::Ref<netpoll::Block>, std::less<>> pages_;
};
