// SPDX-License-Identifier: Apache-2.0
//
// Obeys scripts of LinkBuffer calls, and prints a line after each call:
//
//    S 7 0            script 7; its bytes follow from the 7
//    malloc 5         0 5 ok            size(), malloc_size(), the result
//    flush            5 0 ok
//    slice 3 1        2 0 3             slice 1 has 3 bytes
//    @1 next 2        2 0 1 2:5c9e      of slice 1: its size first
//    E                @ ok              the views of all slices still hold,
//                     E ok              and those of the buffer
//
// cmd/linkbuffer does the same with the original. The gate compares the lines.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "linkbuffer_reader.h"

namespace netpoll::conformance {
namespace {

class Script {
 public:
  Script(std::uint32_t seed, Break fault)
      : fault_(fault), random_(seed), shift_(seed % 2 == 0 ? 29 : 24) {
    buffer_.emplace();
  }

  std::string obey(const std::string& line) {
    std::istringstream arguments(line);
    std::string op;
    arguments >> op;
    const std::string result =
        op.starts_with('@') ? of_slice(std::stoi(op.substr(1)), arguments)
                            : of_buffer(op, arguments);
    return std::to_string(buffer_->size()) + " " +
           std::to_string(buffer_->malloc_size()) + " " + result;
  }

  /// The last two lines: all that is still held must hold.
  std::string end() {
    std::string slices = "ok";
    for (auto& [name, reader] : slices_)
      if (reader.views().check() != "ok") slices = "bad";
    return "@ " + slices + "\nE " + views_.check();
  }

 private:
  std::string of_slice(int name, std::istringstream& arguments) {
    const auto found = slices_.find(name);
    if (found == slices_.end()) return "none";
    std::string op;
    arguments >> op;
    if (op == "drop") {
      const std::string verdict = found->second.views().check();
      slices_.erase(found);
      return verdict;
    }
    Slice& slice = found->second.slice();
    const std::string result =
        read(slice, found->second.views(), slices_, fault_, op, arguments);
    return std::to_string(slice.size()) + " " + result;
  }

  std::string of_buffer(std::string_view op, std::istringstream& arguments) {
    if (op == "append") return append(arguments);
    if (op == "close") return close();
    if (op == "flush") {
      fill_later();
      return show(buffer_->flush());
    }
    if (op == "byte") {
      buffer_->write_byte(letters(1)[0]);
      return "ok";
    }
    std::string result = read(*buffer_, views_, slices_, fault_, op, arguments);
    if (result != "?") return result;
    long long n = 0;
    long long remain = 0;
    arguments >> n >> remain;
    return write(op, static_cast<std::size_t>(n),
                 static_cast<std::size_t>(remain));
  }

  std::string write(std::string_view op, std::size_t n, std::size_t remain) {
    if (op == "ack") {
      fill_later();
      return show(buffer_->malloc_ack(fault_.ack && n > 0 ? n - 1 : n));
    }
    if (op == "later") {
      later_.push_back(buffer_->malloc(n));
      return "ok";
    }
    std::vector<std::byte> bytes = letters(n);
    if (op == "malloc") {
      std::ranges::copy(bytes, buffer_->malloc(n).begin());
    } else if (op == "write") {
      buffer_->write_binary(bytes);
    } else if (op == "string") {
      buffer_->write_string(std::string_view(
          reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    } else if (op == "reuse") {  // the caller's memory is the caller's again
      buffer_->write_binary(bytes);
      std::ranges::fill(bytes, std::byte('Z'));
    } else if (op == "direct") {
      return show(
          buffer_->write_direct(Block::owned(std::move(bytes)), remain));
    } else {
      return "?";
    }
    return "ok";
  }

  std::string append(std::istringstream& arguments) {
    std::size_t flushed = 0;
    std::size_t pending = 0;
    std::size_t consumed = 0;
    arguments >> flushed >> pending >> consumed;
    LinkBuffer other;
    std::ranges::copy(letters(flushed), other.malloc(flushed).begin());
    static_cast<void>(other.flush());
    static_cast<void>(other.skip(consumed));
    if (consumed % 2 == 1) other.release();
    std::ranges::copy(letters(pending), other.malloc(pending).begin());
    buffer_->append(std::move(other));
    return "ok";
  }

  std::string close() {
    const std::string verdict = views_.check();
    views_.clear();
    later_.clear();
    buffer_.emplace();
    return verdict;
  }

  void fill_later() {
    for (const std::span<std::byte> view : later_)
      std::ranges::copy(letters(view.size()), view.begin());
    later_.clear();
  }

  std::vector<std::byte> letters(std::size_t n) {
    std::vector<std::byte> bytes(n);
    for (std::byte& byte : bytes) {
      random_ = random_ * 1664525 + 1013904223;
      byte = static_cast<std::byte>(random_ >> shift_);
    }
    return bytes;
  }

  Break fault_;
  std::uint32_t random_;
  int shift_;  // an even seed has eight different bytes only, so until() finds
  std::optional<LinkBuffer> buffer_;
  std::vector<std::span<std::byte>> later_;  // malloc'ed, to fill at flush()
  Views views_;
  Slices slices_;
};

void run(Break fault) {
  std::optional<Script> script;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.starts_with("S ")) {
      script.emplace(static_cast<std::uint32_t>(std::stoul(line.substr(2))),
                     fault);
    } else if (line == "E") {
      std::cout << script->end() << '\n';
    } else {
      std::cout << script->obey(line) << '\n';
    }
  }
}

}  // namespace
}  // namespace netpoll::conformance

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  netpoll::conformance::Break fault;
  if (argc > 1) {
    const std::string_view name = argc == 3 ? argv[2] : "";
    fault = {.ack = name == "ack", .copy = name == "copy"};
    if (std::string_view(argv[1]) != "--break" || fault.ack == fault.copy) {
      std::cerr
          << "usage: conformance_linkbuffer [--break ack|copy] <SCRIPTS\n";
      return 2;
    }
  }
  netpoll::conformance::run(fault);
  return 0;
}
