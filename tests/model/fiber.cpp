// SPDX-License-Identifier: Apache-2.0
#include "model/fiber.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

// AddressSanitizer asks this function for its options when the program starts.
// GCC 13 and later let it keep every stack frame on a heap of its own, to find
// a use after return. It does not know that a fiber has left its thread's
// stack, so it searches all those frames again and again: a model test then
// takes ten times as long.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_stack_use_after_return=0";
}

namespace netpoll::model {

void Fiber::reset(std::function<void()> body) {
  if (!stack_) stack_ = std::make_unique<std::byte[]>(kStackSize);
  body_ = std::move(body);
  ::getcontext(&context_);
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = kStackSize;
  context_.uc_link = nullptr;
  // makecontext passes ints only: the pointer goes in two halves.
  const auto address = reinterpret_cast<std::uintptr_t>(this);
  ::makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::enter), 2,
                static_cast<unsigned>(address >> 32),
                static_cast<unsigned>(address));
}

void Fiber::pass(Fiber& here, Fiber& there) {
  ::swapcontext(&here.context_, &there.context_);
}

void Fiber::enter(unsigned high, unsigned low) {
  const std::uintptr_t address =
      static_cast<std::uintptr_t>(high) << 32 | std::uintptr_t{low};
  reinterpret_cast<Fiber*>(address)->body_();
  std::abort();  // the body must not return
}

}  // namespace netpoll::model
