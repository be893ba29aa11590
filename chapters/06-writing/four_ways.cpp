// SPDX-License-Identifier: Apache-2.0
//
// One reply (reply.h), written in four ways. Counted, not timed:
//
//   copied  bytes of the reply that do not lie where they were made, or where
//           the socket put them, when sendmsg gets them
//   pieces  pieces of memory that the one sendmsg is given
//   pool    bytes that the writing took from the memory pool

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/os/io.h"
#include "netpoll/os/unique_fd.h"
#include "reply.h"

namespace {

using netpoll::LinkBuffer;
using Bytes = LinkBuffer::Bytes;

// `write` writes the reply, and returns where its bytes were made.
template <class Write>
void run(const char* name, Write write) {
  LinkBuffer reply;
  const std::size_t before = netpoll::mcache::stats().in_use_bytes;
  const std::vector<Bytes> made = write(reply);
  reply.flush();
  const std::size_t pool = netpoll::mcache::stats().in_use_bytes - before;
  const std::vector<Bytes> pieces = reply.gather();
  std::size_t copied = 0;
  for (const Bytes piece : pieces) {
    const auto has = [&](Bytes area) {  // `piece` lies in `area`
      return area.data() <= piece.data() && &piece.back() <= &area.back();
    };
    if (std::ranges::none_of(made, has)) copied += piece.size();
  }
  std::array<int, 2> fds{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) != 0) std::abort();
  const netpoll::UniqueFd ours(fds[0]);
  const netpoll::UniqueFd peer(fds[1]);
  const auto sent = netpoll::os::sendmsg(ours.get(), pieces);
  const std::vector<std::byte> right = whole();
  std::vector<std::byte> got(right.size());
  ::recv(peer.get(), got.data(), got.size(), MSG_WAITALL);
  if (!sent || sent->bytes != right.size() || got != right) std::abort();
  std::printf("%-14s%8zu%8zu%8zu\n", name, copied, pieces.size(), pool);
}

}  // namespace

int main() {
  std::puts("                copied  pieces    pool");
  std::vector<std::byte> mine(kBodyMax);  // made here, outside of the buffer
  mine.resize(render(mine));
  run("write_binary", [&](LinkBuffer& reply) -> std::vector<Bytes> {
    const Room head = reply.malloc(kHead);
    put_head(head, mine.size());
    reply.write_binary(mine);
    return {head, mine};
  });
  run("malloc", [](LinkBuffer& reply) -> std::vector<Bytes> {
    const Room room = reply.malloc(kHead + kBodyMax);
    const std::size_t size = render(room.subspan(kHead));
    put_head(room, size);
    if (reply.malloc_ack(kHead + size)) std::abort();
    return {room};
  });
  run("write_direct", [&](LinkBuffer& reply) -> std::vector<Bytes> {
    const Room head = reply.malloc(kHead);
    put_head(head, mine.size());
    if (reply.write_direct(netpoll::Block::lent(mine, nullptr))) std::abort();
    return {head, mine};
  });
  LinkBuffer input;  // the body comes from another peer, as a poller receives
  for (Bytes rest = mine; !rest.empty();) {
    const Room room = input.book(rest.size(), 8192);
    netpoll::copy_bytes(rest.first(room.size()), room);
    input.book_ack(room.size());
    rest = rest.subspan(room.size());
  }
  run("slice, append", [&](LinkBuffer& reply) -> std::vector<Bytes> {
    std::vector<Bytes> made = input.gather();
    const Room head = reply.malloc(kHead);
    put_head(head, mine.size());
    netpoll::Slice body = *input.slice(mine.size());
    std::move(body).move_to(reply);
    made.emplace_back(head);
    return made;
  });
}
