// SPDX-License-Identifier: Apache-2.0
#include "page_server.h"

#include <string>
#include <system_error>

#include "netpoll/base/bytes.h"
#include "netpoll/base/error.h"

using netpoll::Connection;
using netpoll::Errc;

namespace {

// The digits of `size`, and zeros in front: 8 in all.
std::string head_of(std::size_t size) {
  const std::string digits = std::to_string(size);
  return std::string(8 - digits.size(), '0') + digits;
}

}  // namespace

PageServer::PageServer(const std::map<std::string, std::string>& pages)
    : pages_(pages) {}

// Answers one request; the library calls again while there are more.
void PageServer::on_request(Connection& conn) const {
  const auto line = conn.reader().until('\n', kNameMax);
  if (!line) {
    if (line.error() != Errc::would_block) conn.close();
    return;
  }
  const std::string name(netpoll::as_text(line->first(line->size() - 1)));
  conn.reader().release();
  const std::string page = page_of(name);
  conn.writer().write_string(head_of(page.size()));
  if (conn.writer().flush()) return conn.close();
  conn.writer().write_string(page);
  if (conn.writer().flush()) conn.close();
}

std::string PageServer::page_of(const std::string& name) const {
  const auto found = pages_.find(name);
  return found != pages_.end() ? found->second : std::string();
}
