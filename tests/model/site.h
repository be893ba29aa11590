// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where in the source an atomic operation stands, and the order it names there:
// what a fault in a memory order is planted by.

#include <atomic>
#include <compare>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

namespace netpoll::model {

/// A compare_exchange names two orders; each can be weakened alone.
enum class Part : unsigned char { success, failure };

struct Site {
  std::string_view file;
  unsigned line = 0;
  unsigned column = 0;
  std::string_view function;
  Part part = Part::success;

  static Site of(const std::source_location& at, Part part = Part::success) {
    return {at.file_name(), at.line(), at.column(), at.function_name(), part};
  }
  auto operator<=>(const Site&) const = default;
};

/// One order of the program, replaced by a weaker one.
struct Weakening {
  Site site;
  std::memory_order from;
  std::memory_order to;
};

inline bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire ||
         order == std::memory_order_acq_rel;
}

inline bool releases(std::memory_order order) {
  return order == std::memory_order_release ||
         order == std::memory_order_acq_rel;
}

/// "acquire" and so on.
std::string_view name_of(std::memory_order order);
/// "enter, fd_state.h:84".
std::string name_of(const Site& site);
/// "enter, fd_state.h:84, on failure: acquire to relaxed".
std::string name_of(const Weakening& weakening);

}  // namespace netpoll::model
