// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts connections that live, and their ends.
//
//    join(conn) --> Entry, kept by the connection itself, in a handler of its
//                   own: it goes when the connection goes, not a moment before
//                   or after, whoever held it last.

#include <atomic>
#include <memory>
#include <utility>

#include "netpoll/connection/connection.h"

namespace netpoll::test {

class Census {
 public:
  /// `conn` is counted from now on. `on_disconnect` is its handler; it must not
  /// get another one. [one thread at a time for each connection]
  void join(Connection& conn, Handler on_disconnect = {}) {
    auto entry = std::make_unique<Entry>(*this);
    conn.add_close_callback([ends = &entry->ends](Connection&) { ++*ends; });
    conn.set_on_disconnect([entry = std::shared_ptr<Entry>(std::move(entry)),
                            told = std::move(on_disconnect)](Connection& it) {
      if (told) told(it);
    });
  }

  int joined() const { return joined_; }  ///< ever
  int live() const { return live_; }      ///< objects that exist
  /// Connections that went without exactly one tear-down.
  int wrong() const { return wrong_; }

 private:
  struct Entry {
    explicit Entry(Census& all) : census(all) {
      ++census.live_;
      ++census.joined_;
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
      if (ends != 1) ++census.wrong_;
      --census.live_;
    }
    Census& census;
    std::atomic<int> ends{0};
  };

  std::atomic<int> joined_{0};
  std::atomic<int> live_{0};
  std::atomic<int> wrong_{0};
};

}  // namespace netpoll::test
