// SPDX-License-Identifier: Apache-2.0
#include "model/fiber.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

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
