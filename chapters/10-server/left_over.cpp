// SPDX-License-Identifier: Apache-2.0
//
// The file of a unix socket, once left by a server that is gone, and once of a
// server that has called bind() and not yet listen(). What do bind() and
// connect() say of each, and what does Listener::listen()?

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "netpoll/netpoll.h"
#include "netpoll/os/connect.h"
#include "netpoll/os/socket.h"

namespace {

using netpoll::UniqueFd;

UniqueFd socket_at(const netpoll::Address& address, std::error_code& error) {
  UniqueFd fd = *netpoll::os::open_stream(AF_UNIX);
  error = {};
  if (::bind(fd.get(), address.data(), address.size()) != 0)
    error = {errno, std::system_category()};
  return fd;
}

void ask(const char* file, const std::string& path,
         const netpoll::Address& address) {
  std::error_code error;
  socket_at(address, error);
  std::printf("%s\n  bind      %s\n", file, error.message().c_str());
  const auto dialled = netpoll::os::begin_connect(address);
  error = dialled ? std::error_code() : dialled.error();
  std::printf("  connect   %s\n", error.message().c_str());
  const auto listener = netpoll::Listener::listen("unix", path);
  error = listener ? std::error_code() : listener.error();
  std::printf("  Listener  %s\n", error.message().c_str());
}

}  // namespace

int main() {
  std::string folder =
      std::filesystem::temp_directory_path() / "chapter-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const std::string path = folder + "/socket";
  const auto address = *netpoll::Address::parse("unix", path);
  std::error_code error;
  socket_at(address, error).reset();  // the file stays
  ask("its server is gone", path, address);
  const UniqueFd starting = socket_at(address, error);
  ask("its server is starting", path, address);
  std::filesystem::remove_all(folder);
}
