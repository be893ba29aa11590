// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where in the source an atomic operation stands, and the order it names there:
// what a fault in a memory order is planted by.

#include <atomic>
#include <compare>
#include <source_location>
#include <string>
#include <string_view>
#include <tuple>

namespace netpoll::model {

/// A compare_exchange names two orders; each can be weakened alone.
enum class Part : unsigned char { success, failure };

struct Site {
  std::source_location at;
  Part part = Part::success;

  friend bool operator==(const Site& one, const Site& other) {
    return one <=> other == 0;
  }
  friend std::strong_ordering operator<=>(const Site& one, const Site& other) {
    return one.key() <=> other.key();
  }

 private:
  std::tuple<unsigned, unsigned, Part, std::string_view> key() const {
    return {at.line(), at.column(), part, at.file_name()};
  }
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

/// seq_cst and consume are not.
inline bool is_modelled(std::memory_order order) {
  return order == std::memory_order_relaxed || acquires(order) ||
         order == std::memory_order_release;
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
