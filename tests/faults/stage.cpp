// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <dlfcn.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>

#include "control.h"
#include "peer.h"

namespace netpoll::faults {
namespace {

template <class Function>
Function* injector(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

bool spare(bool on) {
  static auto* const set = injector<bool(bool)>("netpoll_faults_spare");
  return set != nullptr && set(on);
}

}  // namespace

// Of control.h.

void arm(bool on) {
  static auto* const set = injector<void(bool)>("netpoll_faults_arm");
  if (set != nullptr) set(on);
}

unsigned long injected() {
  auto* const ask = injector<unsigned long()>("netpoll_faults_injected");
  return ask != nullptr ? ask() : 0;
}

void each_site(void (*each)(const char* site, unsigned long calls)) {
  auto* const ask = injector<void(void (*)(const char*, unsigned long))>(
      "netpoll_faults_each");
  if (ask != nullptr) ask(each);
}

Spared::Spared() : before_(spare(true)) {}
Spared::~Spared() {
  spare(before_);
}
Tested::Tested() : before_(spare(false)) {}
Tested::~Tested() {
  spare(before_);
}

// Of stage.h.

bool Stage::tell(std::string_view call, std::error_code error) {
  const std::lock_guard lock(mutex_);
  if (told_by_.empty()) {
    told_by_ = call;
    told_ = error;
  }
  return false;
}

void Stage::hang(std::string_view what) {
  const std::lock_guard lock(mutex_);
  hangs_.emplace_back(what);
}

void Stage::lose(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  lost_bytes_ += bytes;
}

void Stage::count(bool whole) {
  const std::lock_guard lock(mutex_);
  ++(whole ? whole_ : closed_);
}

void Stage::serve_new_client(bool whole) {
  const std::lock_guard lock(mutex_);
  served_ = whole ? 1 : 0;
}

std::string Stage::to_json() const {
  const std::lock_guard lock(mutex_);
  std::string hangs;
  for (const std::string& what : hangs_)
    hangs += (hangs.empty() ? "" : ",") + json_text(what);
  const bool system = told_.category() == std::system_category() ||
                      told_.category() == std::generic_category();
  return "\"told_by\":" + json_text(told_by_) +
         ",\"error\":" + std::to_string(system ? told_.value() : 0) +
         ",\"error_text\":" + json_text(told_ ? told_.message() : "") +
         ",\"hangs\":[" + hangs + "],\"lost\":" + std::to_string(lost_bytes_) +
         ",\"whole\":" + std::to_string(whole_) +
         ",\"closed\":" + std::to_string(closed_) +
         ",\"served\":" + std::to_string(served_);
}

std::string json_text(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    made += c >= ' ' ? std::string(1, c) : c == '\n' ? "\\n" : " ";
  }
  return made + '"';
}

std::unique_ptr<Runtime> start_runtime(Stage& stage) {
  const Tested tested;
  auto runtime = Runtime::start({.pollers = 1, .runner = stage.runner()});
  if (runtime) return *std::move(runtime);
  stage.tell("start", runtime.error());
  return nullptr;
}

bool Server::start(std::string_view network, std::string_view address,
                   Handlers handlers, ConnectionOptions options,
                   int send_buffer) {
  return start([&] { return Listener::listen(network, address); },
               std::move(handlers), options, send_buffer);
}

bool Server::start(const Listen& listen, Handlers handlers,
                   ConnectionOptions options, int send_buffer) {
  runtime_ = start_runtime(stage_);
  if (!runtime_) return false;
  const Tested tested;
  auto listener = listen();
  if (!listener) return stage_.tell("listen", listener.error());
  address_ = listener->address();
  if (send_buffer > 0) {  // each accepted socket inherits it
    const Spared spared;
    ::setsockopt(listener->fd(), SOL_SOCKET, SO_SNDBUF, &send_buffer,
                 sizeof send_buffer);
  }
  loop_ = std::make_unique<EventLoop>(*runtime_, std::move(handlers), options);
  const auto error = loop_->start(*std::move(listener));
  return error ? stage_.tell("serve", error) : true;
}

void Server::serve_new_client() {
  arm(false);
  std::array<Talk, 1> talk{
      {{.fd = connect_plainly(address_), .says = {}, .wants = {}}}};
  talk[0].echo(text(1000));
  if (talk[0].fd) converse(stage_, talk);
  stage_.serve_new_client(talk[0].heard == talk[0].wants);
  talk[0].fd.reset();
  arm(true);
}

void Server::finish(std::chrono::milliseconds grace) {
  const Tested tested;
  if (loop_) {
    const auto error = loop_->shutdown(kPatience, grace);
    if (error == std::errc::timed_out) stage_.hang("shutdown");
  }
  loop_.reset();
  runtime_.reset();
}

Server::~Server() {
  finish();
}

void echo(Connection& conn) {
  const std::size_t size = conn.reader().size();
  if (size >= 16) {
    auto half = conn.reader().slice(size / 2);
    if (half) conn.writer().append(*std::move(half));
  }
  auto rest = conn.reader().slice(size - (size >= 16 ? size / 2 : 0));
  if (rest) conn.writer().append(*std::move(rest));
  if (conn.writer().flush()) conn.close();
}

}  // namespace netpoll::faults
