// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a program that runs with fault_inject in front of the C library says
// which of its calls may fail. Without fault_inject the functions do nothing.

namespace netpoll::faults {

/// From now on calls count, or do not. [any]
void arm(bool on);
/// How many calls a rule has changed. [any]
unsigned long injected();
/// Calls `each` with every site and how often it was called. [any]
void each_site(void (*each)(const char* site, unsigned long calls));

/// While it lives, the calling thread's calls do not count: those of a peer,
/// and of the scene itself.
class Spared {
 public:
  Spared();
  ~Spared();
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;

 private:
  const bool before_;
};

/// While it lives, the calling thread's calls count: it is inside the library.
class Tested {
 public:
  Tested();
  ~Tested();
  Tested(const Tested&) = delete;
  Tested& operator=(const Tested&) = delete;

 private:
  const bool before_;
};

}  // namespace netpoll::faults
