// SPDX-License-Identifier: Apache-2.0
#include "model/explorer.h"

namespace netpoll::model {
namespace {

std::vector<Weakening> weaker(const Site& site, std::memory_order order) {
  switch (order) {
    case std::memory_order_acq_rel:
      return {{site, order, std::memory_order_acquire},
              {site, order, std::memory_order_release}};
    case std::memory_order_acquire:
    case std::memory_order_release:
      return {{site, order, std::memory_order_relaxed}};
    default:
      return {};
  }
}

// The first scenario that notices; empty when none does.
std::string who_notices(const std::vector<Scenario>& scenarios,
                        const Weakening& fault) {
  for (const Scenario& scenario : scenarios) {
    const Report report = scenario.run({.weakening = fault});
    if (!report.failure.empty()) return scenario.name;
  }
  return {};
}

}  // namespace

Sweep weaken_each(const std::vector<Scenario>& scenarios,
                  std::string_view file) {
  std::map<Site, std::memory_order> orders;
  for (const Scenario& scenario : scenarios)
    orders.merge(scenario.run({.list_orders = true}).orders);

  Sweep sweep;
  for (const auto& [site, order] : orders) {
    if (!std::string_view(site.at.file_name()).ends_with(file)) continue;
    for (const Weakening& fault : weaker(site, order)) {
      const std::string by = who_notices(scenarios, fault);
      if (by.empty()) {
        sweep.missed.push_back(name_of(fault));
      } else {
        sweep.caught.push_back(name_of(fault) + ", by " + by);
      }
    }
  }
  return sweep;
}

}  // namespace netpoll::model
