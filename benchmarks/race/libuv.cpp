// SPDX-License-Identifier: Apache-2.0
//
// libuv: all clients are read into one buffer, and its bytes are sent from
// there at once (uv_try_write). What the socket does not take is copied and
// written by libuv, and the client is read again when that is done.

#include <uv.h>

#include <algorithm>
#include <memory>
#include <string>

#include "peer.h"

namespace netpoll::race {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;

// What all clients share; the `data` of the loop.
struct Server {
  const Peer peer;
  std::array<char, kBufferSize> buffer;
};

// The `data` of its own handle.
struct Client {
  uv_tcp_t tcp{};
  uv_write_t request{};  // writes `unsent`
  std::string unsent;
};

// In libuv's C a handle begins with the fields of a stream.
uv_stream_t* stream(uv_tcp_t& tcp) {
  return reinterpret_cast<uv_stream_t*>(&tcp);
}

uv_buf_t buffer(char* bytes, std::size_t size) {
  return uv_buf_init(bytes, static_cast<unsigned>(size));
}

void close(Client& client) {
  uv_close(
      reinterpret_cast<uv_handle_t*>(&client.tcp),
      [](uv_handle_t* closed) { delete static_cast<Client*>(closed->data); });
}

void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* made) {
  auto& shared = static_cast<Server*>(handle->loop->data)->buffer;
  *made = buffer(shared.data(), shared.size());
}

void on_read(uv_stream_t* from, ssize_t got, const uv_buf_t* read);

void on_written(uv_write_t* request, int status) {
  auto& client = *static_cast<Client*>(request->handle->data);
  if (status < 0) return close(client);
  uv_read_start(stream(client.tcp), on_alloc, on_read);
}

// While output is unsent nothing is read.
void send_rest(Client& client) {
  const uv_buf_t rest = buffer(client.unsent.data(), client.unsent.size());
  uv_read_stop(stream(client.tcp));
  if (uv_write(&client.request, stream(client.tcp), &rest, 1, on_written) < 0) {
    close(client);
  }
}

void on_read(uv_stream_t* from, ssize_t got, const uv_buf_t* read) {
  auto& client = *static_cast<Client*>(from->data);
  if (got == 0) return;  // nothing was there after all
  if (got < 0) return close(client);
  work(static_cast<Server*>(from->loop->data)->peer.work);
  const uv_buf_t piece = buffer(read->base, static_cast<std::size_t>(got));
  const int sent = uv_try_write(from, &piece, 1);
  if (sent == got) return;
  if (sent < 0 && sent != UV_EAGAIN) return close(client);
  client.unsent.assign(piece.base + std::max(sent, 0), piece.base + got);
  send_rest(client);
}

void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto& client = *new Client;
  uv_tcp_init(listener->loop, &client.tcp);
  client.tcp.data = &client;
  if (uv_accept(listener, stream(client.tcp)) < 0) return close(client);
  uv_tcp_nodelay(&client.tcp, 1);
  uv_read_start(stream(client.tcp), on_alloc, on_read);
}

int serve(const Peer& peer) {
  const auto server = std::make_unique<Server>(peer);
  uv_loop_t loop;
  uv_tcp_t listener;
  uv_loop_init(&loop);
  loop.data = server.get();
  uv_tcp_init(&loop, &listener);
  if (uv_tcp_open(&listener, peer.listener) < 0) die("uv_tcp_open");
  if (uv_listen(stream(listener), SOMAXCONN, on_connection) < 0) {
    die("uv_listen");
  }
  return uv_run(&loop, UV_RUN_DEFAULT);
}

}  // namespace
}  // namespace netpoll::race

int main(int argc, char** argv) {
  return netpoll::race::run_peer("race_libuv", argc, argv,
                                 netpoll::race::serve);
}
