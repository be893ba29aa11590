// SPDX-License-Identifier: Apache-2.0
//
// fault_scenes SCENE RUNNER: plays one scene, and prints one JSON object that
// says how it went. fault_scenes --batch LIBRARY: see batch.h.
// `./learn check faults` runs it with fault_inject in front of the C library.
#include <array>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch.h"
#include "census.h"
#include "control.h"
#include "stage.h"

namespace netpoll::faults {
namespace {

struct Scene {
  std::string_view name;
  void (*play)(Stage& stage);
};

constexpr std::array<Scene, 12> kScenes{{{"echo", play_echo},
                                         {"alone", play_alone},
                                         {"low", play_low},
                                         {"slow", play_slow},
                                         {"stop", play_stop},
                                         {"linger", play_linger},
                                         {"unix", play_unix},
                                         {"adopt", play_adopt},
                                         {"dial", play_dial},
                                         {"name", play_name},
                                         {"mux", play_mux},
                                         {"proxy", play_proxy}}};

struct Named {
  std::string_view name;
  RunBy runner;
};

constexpr std::array<Named, 3> kRunners{{{"pool", RunBy::pool},
                                         {"inline", RunBy::inline_on_poller},
                                         {"adaptive", RunBy::adaptive}}};

// The lines of the library's log.
std::mutex log_mutex;
std::string log_lines;

void keep_line(std::string_view line) {
  const std::lock_guard lock(log_mutex);
  log_lines += (log_lines.empty() ? "" : ",") + json_text(line);
}

void print_site(const char* site, unsigned long calls) {
  static bool first = true;
  std::printf("%s\"%s\":%lu", first ? "" : ",", site, calls);
  first = false;
}

void play(const Scene& scene, RunBy runner) {
  const Spared spared;
  log::set_sink(keep_line);
  static_cast<void>(injected());  // reads the rules, before objects are counted
  Census::fill_lists();
  const Census before = Census::now();
  std::optional<std::string> outcome;
  bool told = false;
  {
    Stage stage(runner);
    arm(true);
    scene.play(stage);
    arm(false);
    told = stage.is_told();
    outcome = stage.to_json();
  }
  std::printf("{%s", outcome->c_str());
  if (told) {  // the fault is over: now the whole scene must work
    Stage again(runner);
    scene.play(again);
    arm(false);
    std::printf(",\"again\":{%s}", again.to_json().c_str());
  }
  log::set_sink(nullptr);
  std::printf(",\"log\":[%s]", log_lines.c_str());
  outcome.reset();
  std::string().swap(log_lines);
  const Census after = Census::settled(before);
  std::printf(",%s,\"injected\":%lu,\"calls\":{",
              after.more_than(before).c_str(), injected());
  each_site(print_site);
  std::printf("}}\n");
}

int run(std::string_view scene, std::string_view runner) {
  const auto* const what = std::ranges::find(kScenes, scene, &Scene::name);
  const auto* const who = std::ranges::find(kRunners, runner, &Named::name);
  if (what == kScenes.end() || who == kRunners.end()) {
    std::fputs("fault_scenes SCENE pool|inline|adaptive; scenes:", stderr);
    for (const Scene& it : kScenes)
      std::fprintf(stderr, " %s", it.name.data());
    std::fputs("\n", stderr);
    return 2;
  }
  play(*what, who->runner);
  return 0;
}

}  // namespace
}  // namespace netpoll::faults

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--batch") {
    return netpoll::faults::run_batch(argv[0], argv[2]);
  }
  return netpoll::faults::run(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
}
