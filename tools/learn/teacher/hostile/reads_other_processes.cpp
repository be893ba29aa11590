// SPDX-License-Identifier: Apache-2.0
// Prints what it finds of other processes: their commands, environment, memory.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const fs::directory_entry& one : fs::directory_iterator("/proc", error))
    for (const char* const name : {"cmdline", "environ"}) {
      std::ifstream file(one.path() / name);
      const std::string text(std::istreambuf_iterator<char>(file), {});
      if (text.find("grade.py") != std::string::npos)
        std::cout << HARM_TOKEN << " has read " << one.path() << text;
    }
  std::cout.flush();
  std::_Exit(1);
  return true;
}();
}  // namespace
