// SPDX-License-Identifier: Apache-2.0
#include "tracer.h"

#include <utility>

using netpoll::Connection;
using netpoll::Handler;
using netpoll::Handlers;
using netpoll::Lock;

Handlers Tracer::trace(Handlers handlers) {
  return {
      .on_prepare = wrapped("on_prepare", std::move(handlers.on_prepare)),
      .on_connect = wrapped("on_connect", std::move(handlers.on_connect)),
      .on_request = wrapped("on_request", std::move(handlers.on_request)),
      .on_disconnect =
          wrapped("on_disconnect", std::move(handlers.on_disconnect)),
  };
}

std::vector<std::string> Tracer::lines() const {
  const Lock lock(mutex_);
  return lines_;
}

Handler Tracer::wrapped(const char* name, Handler handler) {
  if (!handler) return {};  // the library asks whether there is one
  return [this, name, handler = std::move(handler)](Connection& conn) {
    const std::string step =
        std::string(name) + ' ' + std::to_string(number_of(conn));
    write('>', step);
    try {
      handler(conn);
    } catch (...) {
      write('!', step);
      throw;
    }
    write('<', step);
  };
}

// Another connection may get the address of one that has gone, so the entry
// goes with the connection.
int Tracer::number_of(Connection& conn) {
  int number = 0;
  {
    const Lock lock(mutex_);
    const auto [entry, is_new] = numbers_.try_emplace(key_of(conn), 0);
    if (!is_new) return entry->second;
    number = entry->second = ++last_number_;
  }
  // Not under the lock: the callback may come at once.
  conn.add_close_callback([this](Connection& it) { forget(it); });
  return number;
}

void Tracer::forget(const Connection& conn) {
  const Lock lock(mutex_);
  numbers_.erase(key_of(conn));
}

void Tracer::write(char what, const std::string& step) {
  const Lock lock(mutex_);
  const char next = static_cast<char>('A' + letters_.size());
  const auto mine = letters_.try_emplace(std::this_thread::get_id(), next);
  lines_.push_back(std::string{mine.first->second, ' ', what, ' '} + step);
}
