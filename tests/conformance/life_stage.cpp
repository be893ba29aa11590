// SPDX-License-Identifier: Apache-2.0
#include "life_stage.h"

#include <cstdio>
#include <sstream>
#include <utility>

namespace netpoll::conformance {

using std::chrono::milliseconds;

namespace {

std::string begins(const std::string& handler, Connection& conn) {
  const bool early = handler == "on_prepare" || handler == "on_connect";
  // During these input may come at any time.
  if (early || handler == "on_disconnect") return "begins";
  const std::string size = std::to_string(conn.reader().size());
  return "begins with " + size + " bytes to read";
}

}  // namespace

// One poller on both sides: what it is busy with is then known.
Stage::Stage(std::string id)
    : id_(std::move(id)), runtime_(*Runtime::start({.pollers = 1})) {}

Stage::~Stage() {
  lanes_.clear();  // joined
  if (loop_) shutdown(1000);
  if (serving_.joinable()) serving_.join();
  dialed_.reset();
  if (Connection* const conn = connection()) conn->close();
  loop_.reset();
  {
    const Lock lock(mutex_);
    conn_ = nullptr;
  }
  runtime_.reset();
  say("stage", "ended");
}

bool Stage::command(const std::string& verb, const std::string& rest) {
  std::istringstream words(rest);
  std::string first;
  std::string more;
  words >> first >> std::ws;
  std::getline(words, more);
  if (verb == "option") {
    option(first, std::stoi(more));
  } else if (verb == "script") {
    const Lock lock(mutex_);
    scripts_[first] = more;
  } else if (verb == "serve") {
    serve(first, more);
  } else if (verb == "dial") {
    const std::size_t space = more.find(' ');
    dial(first, more.substr(0, space), std::stoi(more.substr(space)));
  } else if (verb == "do") {
    start_lane(first, more);
  } else if (verb == "open") {
    const Lock lock(mutex_);
    open_[first] = true;
    opened_.notify_all();
  } else {
    return false;
  }
  return true;
}

void Stage::say(std::string_view lane, std::string_view text) const {
  std::string line = id_;
  line.append("|").append(lane).append("|").append(text).append("\n");
  std::fwrite(line.data(), 1, line.size(), stdout);  // whole, and in order
  std::fflush(stdout);
}

void Stage::option(const std::string& name, int ms) {
  if (name == "read_timeout") options_.read_timeout = milliseconds(ms);
  if (name == "write_timeout") options_.write_timeout = milliseconds(ms);
}

std::optional<std::string> Stage::script(const std::string& name) const {
  const Lock lock(mutex_);
  const auto found = scripts_.find(name);
  if (found == scripts_.end()) return std::nullopt;
  return found->second;
}

Connection* Stage::connection() const {
  const Lock lock(mutex_);
  return static_cast<Connection*>(conn_.get());
}

int Stage::calls(const std::string& lane) const {
  const Lock lock(mutex_);
  const auto found = calls_.find(lane);
  return found == calls_.end() ? 0 : found->second;
}

void Stage::wait_open(const std::string& gate) const {
  Lock lock(mutex_);
  while (!open_.contains(gate))
    lock.wait(opened_);
}

// Makes this the stage's connection, and has its end reported.
void Stage::adopt(Connection& conn) {
  {
    const Lock lock(mutex_);
    conn_ = Ref<FdOperator>::share(conn);
  }
  add_callback(conn, "closed");
}

void Stage::add_callback(Connection& conn, const std::string& name) {
  conn.add_close_callback([this, name](Connection& closed) {
    say("callback", name);
    if (const auto text = script(name)) {
      run_script(*this, "callback", closed, *text);
    }
  });
}

Handler Stage::handler(const std::string& name) {
  return [this, name](Connection& conn) { call(name, conn); };
}

Handler Stage::handler_if_scripted(const std::string& name) {
  if (!script(name)) return nullptr;
  return handler(name);
}

// Runs the handler's script, between a line that it begins and one that it
// ends.
void Stage::call(const std::string& name, Connection& conn) {
  {
    const Lock lock(mutex_);
    ++calls_[name];
  }
  say(name, begins(name, conn));
  run_script(*this, name, conn, script(name).value_or(""));
  say(name, "ends");
}

// What the server's connections get: a handler for each that has a script.
Handlers Stage::handlers() {
  Handlers all;
  all.on_prepare = [this](Connection& conn) {
    adopt(conn);
    call("on_prepare", conn);
  };
  all.on_connect = handler_if_scripted("on_connect");
  all.on_request = handler_if_scripted("on_request");
  all.on_disconnect = handler_if_scripted("on_disconnect");
  return all;
}

void Stage::serve(const std::string& network, const std::string& address) {
  auto listener = Listener::listen(network, address);
  if (!listener) {
    return say("stage", "listen = " + class_of(listener.error()));
  }
  loop_ = std::make_unique<EventLoop>(*runtime_, handlers(), options_);
  const std::string where = listener->address().to_string();
  serving_ = std::jthread([this, it = *std::move(listener)]() mutable {
    const std::error_code error = loop_->serve(std::move(it));
    say("serve", "returns = " + class_of(error));
  });
  say("stage", "listening " + where);
}

void Stage::dial(const std::string& network, const std::string& address,
                 int ms) {
  auto dialed = netpoll::dial(*runtime_, network, address, milliseconds(ms));
  if (!dialed) return say("stage", "dial = " + class_of(dialed.error()));
  dialed_.emplace(*std::move(dialed));
  Connection& conn = **dialed_;
  adopt(conn);
  conn.set_on_disconnect(handler_if_scripted("on_disconnect"));
  conn.set_on_request(handler_if_scripted("on_request"));
  say("stage", "dial = ok");
}

// Runs the script on a thread of its own.
void Stage::start_lane(const std::string& lane, const std::string& script) {
  lanes_.emplace_back([this, lane, script, conn = connection()] {
    run_script(*this, lane, *conn, script);
    say(lane, "done");
  });
}

std::string Stage::shutdown(int ms) {
  return class_of(loop_->shutdown(milliseconds(ms)));
}

}  // namespace netpoll::conformance
