// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state machines that the pages draw: diagrams/machines/NAME.tsv. A test
// makes every step that the class can make, and compares it with the table that
// the picture is made from. So a picture shows what the class does.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace netpoll::test {

/// One arrow: in the state `from` the event `event` is answered `answer`, and
/// leads to the state `to`.
struct Edge {
  std::string from;
  std::string event;
  std::string answer;
  std::string to;

  auto operator<=>(const Edge&) const = default;
};

using Machine = std::set<Edge>;

inline std::string text(const Edge& edge) {
  return edge.from + " --" + edge.event + "--> " + edge.to + " (" +
         edge.answer + ")";
}

/// The arrows of diagrams/machines/NAME.tsv. The words of a row, for people, are
/// left out.
inline Machine drawn(const std::string& name) {
  const auto file = std::filesystem::path(__FILE__).parent_path() / ".." /
                    ".." / "diagrams" / "machines" / (name + ".tsv");
  std::ifstream in(file);
  EXPECT_TRUE(in) << file;
  Machine machine;
  std::string line;
  for (bool head = true; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream cells(line);
    Edge edge;
    std::getline(cells, edge.from, '\t');
    std::getline(cells, edge.event, '\t');
    std::getline(cells, edge.answer, '\t');
    std::getline(cells, edge.to, '\t');
    if (!head) {
      EXPECT_TRUE(machine.insert(edge).second) << "twice: " << text(edge);
    }
    head = false;
  }
  return machine;
}

/// One line for each arrow that only one of the two has.
inline std::vector<std::string> differences(const Machine& drawn,
                                            const Machine& made) {
  std::vector<std::string> lines;
  for (const Edge& edge : drawn)
    if (!made.contains(edge))
      lines.push_back("drawn, and never made: " + text(edge));
  for (const Edge& edge : made)
    if (!drawn.contains(edge))
      lines.push_back("made, and not drawn: " + text(edge));
  return lines;
}

inline void expect_same(const Machine& drawn, const Machine& made) {
  EXPECT_FALSE(drawn.empty());
  for (const std::string& line : differences(drawn, made))
    ADD_FAILURE() << line;
}

}  // namespace netpoll::test
