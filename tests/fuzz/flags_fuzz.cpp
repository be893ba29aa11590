// SPDX-License-Identifier: Apache-2.0
//
// The flags of the programs: any command line is taken, and each value lies in
// its range, or it is refused in one line with status 2. No other exception
// than CLI::ParseError may leave CLI11, since command_line.h catches no other.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/script.h"
#include "netpoll/base/check.h"
#include "programs/server_flags.h"

namespace netpoll::fuzz {
namespace {

constexpr std::array kWords = {"--network",
                               "--addr",
                               "--pollers",
                               "--runner",
                               "--work-us",
                               "--max-input",
                               "--say",
                               "--timeout-ms",
                               "--help",
                               "-h",
                               "tcp",
                               "unix",
                               "127.0.0.1:0",
                               "/tmp/a.sock",
                               "inline",
                               "adaptive",
                               "0",
                               "1024",
                               "1025",
                               "-1",
                               "1099511627776",
                               "18446744073709551616",
                               "1e3",
                               "--",
                               "--pollers=",
                               "--addr=[::1]:",
                               "--network=unix",
                               "--runner=pool"};

// One flag of each kind that the programs have.
struct Flags {
  programs::Where where;
  programs::Threads threads;
  unsigned work_us = 0;
  unsigned timeout_ms = 0;
  std::size_t max_input = 0;
  std::string say;

  void add_to(CLI::App& app) {
    programs::add_where(app, where);
    programs::add_threads(app, threads);
    app.add_option("--work-us", work_us)->check(CLI::Range(0, 60'000'000));
    app.add_option("--timeout-ms", timeout_ms)->capture_default_str();
    app.add_option("--max-input", max_input)->check(programs::bytes_from(0));
    app.add_option("--say", say);
  }

  void check_values() const {
    check(where.network == "tcp" || where.network == "unix", "--network");
    check(threads.pollers <= 1024, "--pollers is out of its range");
    check(programs::kRunners.contains(threads.runner),
          "--runner is none of its values");
    check(work_us <= 60'000'000, "--work-us is out of its range");
    check(max_input <= std::size_t{1} << 40, "--max-input: out of its range");
  }
};

// What the code under test writes to a stream of C, while this object lives.
class Captured {
 public:
  explicit Captured(FILE*& stream) : stream_(stream), before_(stream) {
    stream = ::open_memstream(&text_, &size_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() {
    std::fclose(stream_);
    stream_ = before_;
    std::free(text_);
  }

  std::string text() const {
    std::fflush(stream_);
    return {text_, size_};
  }

 private:
  FILE*& stream_;
  FILE* before_;
  char* text_ = nullptr;
  std::size_t size_ = 0;
};

std::vector<std::string> command_line(Script& script) {
  std::vector<std::string> words = {"fuzzed"};
  constexpr std::size_t kWordsMax = 12;
  while (!script.is_over() && words.size() < kWordsMax) {
    const std::size_t kind = script.byte();
    std::string word = kind < 0xc0 ? kWords[kind % kWords.size()] : "";
    if (kind >= 0x80) word += script.until(0);
    words.push_back(word);
  }
  return words;
}

void one(Script script) {
  std::vector<std::string> words = command_line(script);
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  Flags flags;
  CLI::App app("Nothing.", "fuzzed");
  flags.add_to(app);
  int status = -1;
  std::string errors;
  {
    const Captured captured(stderr);
    status = programs::parse(app, static_cast<int>(argv.size()), argv.data());
    if (status < 0) {
      flags.check_values();
      status = programs::check_where(app, flags.where);
    }
    errors = captured.text();
  }
  check(status == -1 || status == 0 || status == programs::kBadFlags,
        "another exit status");
  const bool is_refused = status == programs::kBadFlags;
  check(is_refused != errors.empty(), "a line without a refusal, or none");
  if (is_refused) {
    check(errors.find('\n') == errors.size() - 1, "more than one line");
    check(errors.find("--help") != std::string::npos, "no way out is named");
  }
}

}  // namespace
}  // namespace netpoll::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  netpoll::fuzz::one(netpoll::fuzz::Script({data, size}));
  return 0;
}
