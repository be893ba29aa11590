// SPDX-License-Identifier: Apache-2.0
//
// Plays situations on our library: reads commands from standard input and
// prints what happens, a line "situation|lane|text" an event.
//
//    begin ID                  a new situation
//    option NAME MS            what the server's connections start with
//    script NAME OPERATIONS    of a handler, of a close callback
//    serve NETWORK ADDRESS     with the handlers that have a script
//    dial NETWORK ADDRESS MS
//    do LANE OPERATIONS        on a thread of its own
//    open GATE                 lets go on who waits for it
//    end                       closes what is left, waits for all
//
// cmd/life is its twin on the original. The operations: life_script.cpp.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "life_stage.h"

namespace {

using netpoll::conformance::Stage;

int refuse(const std::string& line) {
  std::fprintf(stderr, "conformance_life: no such command: %s\n", line.c_str());
  return 2;
}

}  // namespace

int main() {
  std::unique_ptr<Stage> stage;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t space = line.find(' ');
    const std::string verb = line.substr(0, space);
    const std::string rest =
        space == std::string::npos ? "" : line.substr(space + 1);
    if (verb == "begin") {
      stage = std::make_unique<Stage>(rest);
    } else if (verb == "end") {
      stage.reset();
    } else if (!stage || !stage->command(verb, rest)) {
      return refuse(line);
    }
  }
  return 0;
}
