// SPDX-License-Identifier: Apache-2.0
#include "model/site.h"

namespace netpoll::model {

std::string_view name_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    default:
      return "not modelled";
  }
}

std::string name_of(const Site& site) {
  std::string_view function = site.at.function_name();
  function = function.substr(0, function.find('('));
  function.remove_prefix(function.find_last_of(": ") + 1);
  std::string_view file = site.at.file_name();
  file.remove_prefix(file.find_last_of('/') + 1);
  return std::string(function) + ", " + std::string(file) + ":" +
         std::to_string(site.at.line());
}

std::string name_of(const Weakening& weakening) {
  const bool failed = weakening.site.part == Part::failure;
  return name_of(weakening.site) + (failed ? ", on failure: " : ": ") +
         std::string(name_of(weakening.from)) + " to " +
         std::string(name_of(weakening.to));
}

}  // namespace netpoll::model
