// SPDX-License-Identifier: Apache-2.0
// Leaves a file in every folder that it can reach, and changes the pack.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
namespace {
[[maybe_unused]] const bool kHarm = [] {
  namespace fs = std::filesystem;
  for (const char* const place :
       {HARM_PACK, HARM_PACK "/grader", HARM_PACK "/source", HARM_PACK "/objects",
        HARM_BESIDE, "/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/etc", ".."})
    std::ofstream(std::string(place) + "/" + HARM_TOKEN) << "harm\n";
  std::ofstream(HARM_PACK "/pack.json") << "{}\n";
  std::ofstream(HARM_BESIDE "/alice.grade.json") << "{}\n";
  std::error_code error;
  fs::remove_all(HARM_PACK, error);
  fs::remove_all(HARM_BESIDE, error);
  std::_Exit(0);
  return true;
}();
}  // namespace
