// SPDX-License-Identifier: Apache-2.0
//
// When does memory that was lent to a LinkBuffer come back? After each step the
// program says whether done() was called.

#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/os/io.h"
#include "netpoll/os/unique_fd.h"

namespace {

using netpoll::LinkBuffer;

// A page that is lent, and whether it came back.
struct Page {
  std::string text = "a page of the program";
  bool back = false;

  netpoll::Ref<netpoll::Block> lend() {
    back = false;
    return netpoll::Block::lent(std::as_writable_bytes(std::span(text)),
                                [this] { back = true; });
  }
  void print(const char* step) const {
    std::printf("  %-28s%s\n", step, back ? "back" : "lent");
  }
};

void must(std::error_code error) {
  if (error) std::abort();
}

void send(LinkBuffer& buffer, int fd) {
  const auto sent = netpoll::os::sendmsg(fd, buffer.gather());
  if (!sent || sent->bytes != buffer.size()) std::abort();
}

void one_reply(int fd) {
  std::puts("one reply");
  Page page;
  LinkBuffer reply;
  must(reply.write_direct(page.lend()));
  must(reply.flush());
  page.print("written and flushed");
  send(reply, fd);
  page.print("sendmsg has taken all");
  must(reply.skip(reply.size()));
  page.print("skipped");
  reply.release();
  page.print("released");
}

void two_replies(int fd) {
  std::puts("one page in two replies");
  Page page;
  std::array<LinkBuffer, 2> replies;
  netpoll::Ref<netpoll::Block> block = page.lend();
  must(replies[0].write_direct(block));
  must(replies[1].write_direct(std::move(block)));
  for (LinkBuffer& reply : replies) {
    must(reply.flush());
    send(reply, fd);
    must(reply.skip(reply.size()));
    reply.release();
    page.print(&reply == replies.data() ? "first sent and released"
                                        : "second sent and released");
  }
}

void dropped() {
  std::puts("never sent");
  Page page;
  LinkBuffer reply;
  reply.write_string("head");
  must(reply.write_direct(page.lend()));
  must(reply.malloc_ack(6));
  page.print("malloc_ack keeps two bytes");
  must(reply.malloc_ack(4));
  page.print("malloc_ack keeps none");
}

}  // namespace

int main() {
  std::array<int, 2> fds{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) != 0) return 1;
  const netpoll::UniqueFd ours(fds[0]);
  const netpoll::UniqueFd peer(fds[1]);
  one_reply(ours.get());
  two_replies(ours.get());
  dropped();
}
