// SPDX-License-Identifier: Apache-2.0
//
// The operations of a script, "next 5; write ok; flush", told as they are done.
//
//    next peek skip read N, until C, take, bytes N (one by one), len, release
//    write TEXT, big N, flush, send TEXT (write and flush)
//    close, half_close, detach, raw TEXT and raw_close (on what detach() gave)
//    active, inactive (waits for it), buffered N (waits for so much input)
//    callback NAME (which may have a script), on_request NAME
//    timeout read|write MS, deadline read|write MS, shutdown MS
//    wait GATE, throw
//    from N OPERATION, to N OPERATION: from a handler's Nth call on, or up to it
//
// cmd/life/script.go does the same on the original.
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <stdexcept>

#include "life_stage.h"

namespace netpoll::conformance {
namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

std::string in_quotes(std::string_view text) {
  if (text.size() > 40) return std::to_string(text.size()) + " bytes";
  return '"' + std::string(text) + '"';
}

std::string shown(Result<std::span<const std::byte>> bytes) {
  if (!bytes) return class_of(bytes.error());
  return in_quotes(
      {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

std::size_t number(const std::string& word) {
  return std::stoul(word);
}

// Reads `n` bytes one at a time; what did it get, and how did it end?
std::string one_by_one(Input& in, std::size_t n) {
  std::string got;
  while (got.size() < n) {
    const auto byte = in.read_byte();
    if (!byte) return in_quotes(got) + ", " + class_of(byte.error());
    got.push_back(static_cast<char>(*byte));
  }
  return in_quotes(got);
}

template <class Condition>
void until(Condition condition) {
  while (!condition())
    std::this_thread::sleep_for(milliseconds(1));
}

// One operation of one script. Each kind says whether the verb is its own.
class Operation {
 public:
  Operation(Stage& stage, Connection& conn, const Words& words)
      : stage_(stage), conn_(conn), words_(words) {}

  std::string run() {
    const bool known =
        read() || take() || write() || live() || change() || let_go();
    return known ? result_ : "no such operation";
  }

 private:
  bool is(std::string_view verb) const { return words_.front() == verb; }
  const std::string& word(std::size_t i) const { return words_.at(i); }

  bool read();
  bool take();
  bool write();
  bool live();
  bool change();
  bool let_go();

  Stage& stage_;
  Connection& conn_;
  const Words& words_;
  std::string result_;
};

bool Operation::read() {
  Input& in = conn_.reader();
  if (is("next")) {
    result_ = shown(in.next(number(word(1))));
  } else if (is("peek")) {
    result_ = shown(in.peek(number(word(1))));
  } else if (is("skip")) {
    result_ = class_of(in.skip(number(word(1))));
  } else if (is("until")) {
    result_ = shown(in.until(static_cast<std::byte>(word(1)[0])));
  } else if (is("bytes")) {
    result_ = one_by_one(in, number(word(1)));
  } else {
    return false;
  }
  return true;
}

bool Operation::take() {
  Input& in = conn_.reader();
  if (is("read")) {
    std::vector<std::byte> into(number(word(1)));
    const auto n = in.read(into);
    result_ = n ? shown(std::span(into).first(*n)) : class_of(n.error());
  } else if (is("take")) {
    result_ = shown(in.next(in.size()));
  } else if (is("len")) {
    result_ = std::to_string(in.size());
  } else if (is("release")) {
    in.release();
  } else if (is("buffered")) {
    until([&] { return in.size() >= number(word(1)); });
  } else {
    return false;
  }
  return true;
}

bool Operation::write() {
  Output& out = conn_.writer();
  if (is("write")) {
    out.write_string(word(1));
  } else if (is("big")) {
    const std::span<std::byte> room = out.malloc(number(word(1)));
    for (std::size_t i = 0; i < room.size(); ++i) {
      room[i] = static_cast<std::byte>(i);
    }
  } else if (is("flush")) {
    result_ = class_of(out.flush());
  } else if (is("send")) {
    result_ = class_of(out.write(std::as_bytes(std::span(word(1)))));
  } else {
    return false;
  }
  return true;
}

bool Operation::live() {
  if (is("close")) {
    conn_.close();
  } else if (is("half_close")) {
    ::shutdown(conn_.fd(), SHUT_WR);
  } else if (is("active")) {
    result_ = conn_.is_active() ? "true" : "false";
  } else if (is("inactive")) {
    until([&] { return !conn_.is_active(); });
  } else if (is("wait")) {
    stage_.wait_open(word(1));
  } else if (is("shutdown")) {
    result_ = stage_.shutdown(std::stoi(word(1)));
  } else {
    return false;
  }
  return true;
}

bool Operation::change() {
  if (is("callback")) {
    stage_.add_callback(conn_, word(1));
  } else if (is("timeout") && word(1) == "read") {
    conn_.set_read_timeout(milliseconds(number(word(2))));
  } else if (is("timeout")) {
    conn_.set_write_timeout(milliseconds(number(word(2))));
  } else if (is("deadline")) {
    const Deadline at = deadline_after(milliseconds(number(word(2))));
    if (word(1) == "read") conn_.set_read_deadline(at);
    if (word(1) == "write") conn_.set_write_deadline(at);
    result_ = "ok";  // it cannot fail
  } else if (is("on_request")) {
    conn_.set_on_request(stage_.handler(word(1)));
  } else {
    return false;
  }
  return true;
}

// The descriptor without the connection.
bool Operation::let_go() {
  if (is("detach")) {
    auto socket = conn_.detach();
    result_ = class_of(socket ? std::error_code() : socket.error());
    if (socket) stage_.keep(*std::move(socket));
  } else if (is("raw")) {
    const std::string& text = word(1);
    const ssize_t n = ::write(stage_.kept().get(), text.data(), text.size());
    result_ = class_of(n < 0 ? last_system_error() : std::error_code());
  } else if (is("raw_close")) {
    stage_.keep(UniqueFd());
    result_ = "ok";
  } else {
    return false;
  }
  return true;
}

std::string joined(const Words& words) {
  std::string line;
  for (const std::string& word : words)
    line += (line.empty() ? "" : " ") + word;
  return line;
}

// "from 3 close": only from the handler's third call on; "to 3": up to it.
bool due(const Stage& stage, const std::string& lane, Words& words) {
  if (words.size() < 3 || (words[0] != "from" && words[0] != "to")) return true;
  const int calls = stage.calls(lane);
  const int limit = std::stoi(words[1]);
  const bool now = words[0] == "from" ? calls >= limit : calls <= limit;
  words.erase(words.begin(), words.begin() + 2);
  return now;
}

}  // namespace

void run_script(Stage& stage, const std::string& lane, Connection& conn,
                const std::string& script) {
  std::istringstream lines(script);
  for (std::string line; std::getline(lines, line, ';');) {
    std::istringstream in(line);
    Words words{std::istream_iterator<std::string>(in), {}};
    if (words.empty() || !due(stage, lane, words)) continue;
    std::string text = joined(words);
    if (text == "throw") {
      stage.say(lane, text);
      throw std::runtime_error("planned");
    }
    const std::string result = Operation(stage, conn, words).run();
    if (!result.empty()) text.append(" = ").append(result);
    stage.say(lane, text);
  }
}

std::string class_of(std::error_code error) {
  if (!error) return "ok";
  if (error.category() != error_category()) {
    if (error == std::errc::timed_out) return "timed_out";
    const char* const name = ::strerrorname_np(error.value());
    return name != nullptr ? name : "errno " + std::to_string(error.value());
  }
  switch (static_cast<Errc>(error.value())) {
    case Errc::conn_closed:
      return "conn_closed";
    case Errc::read_timeout:
      return "read_timeout";
    case Errc::dial_timeout:
      return "dial_timeout";
    case Errc::unsupported:
      return "unsupported";
    case Errc::eof:
      return "eof";
    case Errc::write_timeout:
      return "write_timeout";
    case Errc::concurrent_access:
      return "concurrent_access";
    default:
      return "an error of no class: " + error.message();
  }
}

}  // namespace netpoll::conformance
