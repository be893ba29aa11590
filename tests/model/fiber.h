// SPDX-License-Identifier: Apache-2.0
#pragma once

// A stack of its own for each model thread, all of them on one real thread: so
// exactly one runs, and who is next is our decision, not the kernel's.
//
//    the stage --pass--> fiber 1 --pass--> fiber 2 --pass--> the stage
//
// A fiber that is not resumed any more is simply forgotten: nothing on its
// stack is destroyed. So a model thread owns no memory while it waits.

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace netpoll::model {

class Fiber {
 public:
  /// The real thread's own stack, until reset().
  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Forgets what it did. `body` runs at the next pass() to it, and must end by
  /// a pass() to another one: it never returns.
  void reset(std::function<void()> body);

  /// Stops here and goes on there.
  static void pass(Fiber& here, Fiber& there);

 private:
  static void enter(unsigned high, unsigned low);

  static constexpr std::size_t kStackSize = 64ul * 1024;
  std::unique_ptr<std::byte[]> stack_;
  std::function<void()> body_;
  ucontext_t context_{};
};

}  // namespace netpoll::model
