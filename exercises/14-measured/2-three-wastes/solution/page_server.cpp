// SPDX-License-Identifier: Apache-2.0
#include "page_server.h"

#include <span>
#include <system_error>

#include "netpoll/base/bytes.h"
#include "netpoll/base/error.h"

using netpoll::Block;
using netpoll::Connection;
using netpoll::Errc;

namespace {

constexpr std::size_t kHead = 8;

// Makes the digits where they will be sent from.
void write_head(Connection& conn, std::size_t size) {
  const auto head = conn.writer().malloc(kHead);
  for (std::size_t i = kHead; i-- > 0; size /= 10)
    head[i] = static_cast<std::byte>('0' + size % 10);
}

}  // namespace

PageServer::PageServer(const std::map<std::string, std::string>& pages) {
  for (const auto& [name, page] : pages)
    pages_.emplace(name, Block::owned(page));
}

// Answers all requests that have come, and sends all answers by one flush.
void PageServer::on_request(Connection& conn) const {
  for (;;) {
    const auto line = conn.reader().until('\n', kNameMax);
    if (!line) {
      if (line.error() != Errc::would_block) conn.close();
      break;
    }
    answer(conn, netpoll::as_text(line->first(line->size() - 1)));
  }
  conn.reader().release();
  if (conn.writer().flush()) conn.close();
}

void PageServer::answer(Connection& conn, std::string_view name) const {
  const auto page = pages_.find(name);
  if (page == pages_.end()) return write_head(conn, 0);
  write_head(conn, page->second->bytes().size());
  static_cast<void>(conn.writer().write_direct(page->second));  // remain is 0
}
