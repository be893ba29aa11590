// SPDX-License-Identifier: Apache-2.0
//
// asio, standalone: callbacks on one io_context, which is told that one thread
// runs it. A read of asio waits for the bytes and takes them, so each client
// needs a buffer of its own. The handler of an operation owns its client: when
// an error ends the chain of handlers, the client is gone, and its socket too.

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <memory>
#include <system_error>
#include <utility>

#include "peer.h"

namespace netpoll::race {
namespace {

using asio::ip::tcp;

// The sockets name their executor's type: asio then calls it directly.
using Executor = asio::io_context::executor_type;
using Socket = tcp::socket::rebind_executor<Executor>::other;
using Acceptor = tcp::acceptor::rebind_executor<Executor>::other;

constexpr std::size_t kBufferSize = 64 * 1024;

struct Client {
  Socket socket;
  const Peer& peer;
  std::unique_ptr<char[]> bytes =
      std::make_unique_for_overwrite<char[]>(kBufferSize);
};

void read(std::unique_ptr<Client> owner);

// asio sends all of it; nothing is read meanwhile.
void write(std::unique_ptr<Client> owner, std::size_t size) {
  Client& client = *owner;
  asio::async_write(
      client.socket, asio::buffer(client.bytes.get(), size),
      [owner = std::move(owner)](std::error_code error, std::size_t) mutable {
        if (!error) read(std::move(owner));
      });
}

void read(std::unique_ptr<Client> owner) {
  Client& client = *owner;
  client.socket.async_read_some(
      asio::buffer(client.bytes.get(), kBufferSize),
      [owner = std::move(owner)](std::error_code error,
                                 std::size_t size) mutable {
        if (error) return;  // at the end of the input, too
        work(owner->peer.work);
        write(std::move(owner), size);
      });
}

void accept(Acceptor& acceptor, const Peer& peer) {
  acceptor.async_accept([&](std::error_code error, Socket socket) {
    if (!error) {
      set_no_delay(socket.native_handle());
      read(std::make_unique<Client>(std::move(socket), peer));
    }
    accept(acceptor, peer);
  });
}

int serve(const Peer& peer) {
  asio::io_context loop(1);
  Acceptor acceptor(loop.get_executor());
  acceptor.assign(tcp::v4(), peer.listener);
  accept(acceptor, peer);
  loop.run();
  return 0;
}

}  // namespace
}  // namespace netpoll::race

int main(int argc, char** argv) {
  return netpoll::race::run_peer("race_asio", argc, argv, netpoll::race::serve);
}
