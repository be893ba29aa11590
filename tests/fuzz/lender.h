// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lends memory to buffers (Block::lent) and frees it when done() is called, so
// AddressSanitizer sees a read that comes later. done() must be called once for
// each block, and may call the buffers: `done` of the constructor does so.

#include <cstddef>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <utility>

#include "netpoll/base/check.h"
#include "netpoll/link_buffer/block.h"

namespace netpoll::fuzz {

class Lender {
 public:
  explicit Lender(std::function<void()> done) : done_(std::move(done)) {}
  Lender(const Lender&) = delete;
  Lender& operator=(const Lender&) = delete;
  ~Lender() { check(lent_.empty(), "done() of a lent block was not called"); }

  Ref<Block> lend(const std::string& text) {
    lent_.push_back({text, false});
    const auto loan = std::prev(lent_.end());
    return Block::lent(std::as_writable_bytes(std::span(loan->text)),
                       [this, loan] { take_back(loan); });
  }

 private:
  struct Loan {
    std::string text;
    bool is_back;
  };

  void take_back(std::list<Loan>::iterator loan) {
    check(!std::exchange(loan->is_back, true), "done() was called twice");
    lent_.erase(loan);
    done_();
  }

  std::list<Loan> lent_;
  std::function<void()> done_;
};

}  // namespace netpoll::fuzz
