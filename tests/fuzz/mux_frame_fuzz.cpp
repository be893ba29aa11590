// SPDX-License-Identifier: Apache-2.0
//
// The frames of the mux programs: any bytes, in pieces of any size, give the
// frames that the bytes say. A length above the limit is refused before its
// payload has come, and a frame that is not whole takes nothing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/script.h"
#include "fuzz/stream.h"
#include "netpoll/base/check.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "programs/mux_frame.h"

namespace netpoll::fuzz {
namespace {

using programs::Frame;

std::uint32_t number_at(const std::string& text, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    number = number << 8 | static_cast<std::uint8_t>(text[i]);
  return number;
}

class Frames {
 public:
  explicit Frames(Script script) : script_(script), max_(script_.size()) {}

  bool is_over() const { return script_.is_over() || is_refused_; }

  /// Some bytes more, and all the frames that are whole then.
  void step() {
    const std::string bytes = more();
    buffer_.write_string(bytes);
    check(!buffer_.flush(), "flush() fails");
    unread_ += bytes;
    while (take()) {
    }
    compare();
  }

  /// The frames written again are the bytes that were read.
  void end() {
    LinkBuffer copy;
    std::string expected;
    for (auto& [frame, bytes] : frames_) {
      put_frame(copy, std::move(frame));
      expected += bytes;
    }
    check(!copy.flush(), "flush() fails");
    check(as_text(copy.bytes()) == expected, "put_frame() writes other bytes");
  }

 private:
  using Whole = std::pair<Frame, std::string>;

  // A whole frame, a piece of one, or bytes of the script.
  std::string more() {
    const std::size_t kind = script_.below(4);
    if (kind == 0) return std::string(1, static_cast<char>(script_.byte()));
    if (kind == 1) return std::exchange(rest_, {});
    const std::size_t size = script_.size();
    const auto length = static_cast<std::uint32_t>(size + script_.below(3));
    const programs::FrameHeaderBytes header =
        programs::encode({.length = length, .id = script_.byte()});
    std::string frame =
        rest_ + std::string(as_text(header)) + stream_.take(length);
    const std::size_t now = kind == 2 ? frame.size() : script_.size_of(size);
    rest_ = frame.substr(std::min(now, frame.size()));
    return frame.substr(0, now);
  }

  // What the bytes say: no frame yet, a refusal, or a frame of so many bytes.
  bool take() {
    Result<std::optional<Frame>> got = programs::take_frame(buffer_, max_);
    constexpr std::size_t kHeader = programs::kFrameHeaderSize;
    if (unread_.size() < kHeader) {
      check(got && !*got, "a frame without a header");
      return false;
    }
    const std::size_t length = number_at(unread_, 0);
    if (length > max_) {
      check(!got && got.error() == Errc::too_long, "a frame above the limit");
      is_refused_ = true;
      return false;
    }
    if (unread_.size() - kHeader < length) {
      check(got && !*got, "a frame that is not whole");
      return false;
    }
    check(got && got->has_value(), "no frame, and all of it is there");
    const std::string bytes = unread_.substr(0, kHeader + length);
    check((*got)->id == number_at(bytes, 4), "another id");
    frames_.emplace_back(std::move(**got), bytes);
    unread_.erase(0, bytes.size());
    return true;
  }

  void compare() {
    check(buffer_.size() == unread_.size(), "another number of bytes is left");
    for (auto& [frame, bytes] : frames_) {
      check(as_text(frame.payload.bytes()) ==
                std::string_view(bytes).substr(programs::kFrameHeaderSize),
            "a payload has changed");
    }
    constexpr std::size_t kFramesMax = 8;
    if (frames_.size() > kFramesMax) frames_.erase(frames_.begin());
  }

  Script script_;
  const std::size_t max_;
  Stream stream_;
  LinkBuffer buffer_;
  std::string unread_;
  std::string rest_;  // of a frame whose beginning was written
  std::vector<Whole> frames_;
  bool is_refused_ = false;
};

}  // namespace
}  // namespace netpoll::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  netpoll::fuzz::Frames frames{netpoll::fuzz::Script({data, size})};
  while (!frames.is_over())
    frames.step();
  frames.end();
  return 0;
}
