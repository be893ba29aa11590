// SPDX-License-Identifier: Apache-2.0
#include "server_flags.h"

#include <cstdio>
#include <utility>

namespace netpoll::programs {

std::expected<OpenServer, int> open_server(const char* program,
                                           const Where& where,
                                           const Threads& threads) {
  auto runtime = Runtime::start(runtime_options(threads));
  if (!runtime) {
    return std::unexpected(
        refuse(program, "cannot start", runtime.error().message()));
  }
  auto listener = Listener::listen(where.network, where.addr);
  if (!listener) {
    return std::unexpected(refuse(program, "cannot listen on " + where.addr,
                                  listener.error().message()));
  }
  std::string address = listener->address().to_string();
  return OpenServer{.runtime = *std::move(runtime),
                    .listener = *std::move(listener),
                    .address = std::move(address)};
}

int serve(const char* program, EventLoop& loop, OpenServer& open) {
  if (const auto error = loop.start(std::move(open.listener))) {
    return refuse(program, "cannot serve " + open.address, error.message());
  }
  std::printf("listening on %s\n", open.address.c_str());
  std::fflush(stdout);
  return -1;
}

}  // namespace netpoll::programs
