// SPDX-License-Identifier: Apache-2.0
//
// dial HOST:PORT TIMEOUT_MS: connects, asks one question, reads the answer.

#include <chrono>
#include <cstdio>
#include <string>

#include "netpoll/netpoll.h"

namespace {

// What the program does with the answer. Here it takes until the recorder
// writes a byte to standard input.
void use_answer() {
  static_cast<void>(std::getchar());
}

std::error_code ask(netpoll::Connection& conn) {
  conn.writer().write_string("ping\n");
  if (const auto error = conn.writer().flush()) return error;
  const auto answer = conn.reader().next(5);
  if (!answer) return answer.error();
  use_answer();
  conn.reader().release();
  return {};
}

std::error_code dial_and_ask(netpoll::Runtime& runtime, const char* address,
                             std::chrono::milliseconds timeout) {
  auto server = netpoll::dial(runtime, "tcp", address, timeout);
  if (!server) return server.error();
  return ask(**server);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto runtime = netpoll::Runtime::start({.pollers = 1});
  if (!runtime) return 1;
  const auto timeout = std::chrono::milliseconds(std::stoi(argv[2]));
  const auto error = dial_and_ask(**runtime, argv[1], timeout);
  if (error) std::printf("%s\n", error.message().c_str());
  return error ? 1 : 0;
}
