// SPDX-License-Identifier: Apache-2.0
#include "ring/ring.h"

namespace netpoll {
namespace {

// Only this file knows it.
int hidden(int a) {
  return a + 1;
}

}  // namespace

// Touches the function.
int plain(int a) {
#if defined(__linux__)
  return hidden(a);
#else
  return 0;
#endif
}

long plain(long a) { return a; }

std::string braces() {
  return R"({ "brace": "{{{" })";
}

extern "C" int ring_version() {
  return 3;
}

const int Counter::kStep = 2;

Counter::operator bool() const {
  return value_ != 0;
}

int Counter::operator()(int step) {
  return value_ += step * kStep;
}

template class Ring<int, 4>;
using Four = Ring<int, 4>;

}  // namespace netpoll
