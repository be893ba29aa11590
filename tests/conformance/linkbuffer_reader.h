// SPDX-License-Identifier: Apache-2.0
#pragma once

// One reader of the driver, a LinkBuffer or a Slice, and the views that it has
// handed out since its last release().
//
//    "next 5"  -->  reader.next(5)  -->  "5:0a1b2c3d4e", and the view is kept
//    "release" -->  every view still shows what it showed?  -->  "ok"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll::conformance {

using Bytes = LinkBuffer::Bytes;

/// Faults of this driver, never of the library, that the gate must see.
struct Break {
  bool ack = false;   // malloc_ack keeps one byte too few
  bool copy = false;  // read_string garbles the last of more than 4,096 bytes
};

/// Length and content in one short word.
std::string show(Bytes bytes);
/// `ok`, `short` or `invalid`.
std::string show(std::error_code error);

/// What was handed out, and what it showed.
class Views {
 public:
  std::string add(Bytes view);
  /// `ok` or `bad`.
  std::string check() const;
  void clear() { views_.clear(); }

 private:
  std::vector<std::pair<Bytes, std::string>> views_;
};

class SliceReader;
using Slices = std::map<int, SliceReader>;  // by the name the script gave

/// Obeys `op`; a slice that it cuts goes into `slices`. An op it does not know
/// is answered with `?`.
template <class Reader>
std::string read(Reader& reader, Views& views, Slices& slices, Break fault,
                 std::string_view op, std::istringstream& arguments);

/// A slice outlives the views of the buffer it was cut from.
class SliceReader {
 public:
  SliceReader() = default;
  explicit SliceReader(Slice slice) : slice_(std::move(slice)) {}
  Slice& slice() { return slice_; }
  Views& views() { return views_; }

 private:
  Slice slice_;
  Views views_;
};

extern template std::string read(LinkBuffer&, Views&, Slices&, Break,
                                 std::string_view, std::istringstream&);
extern template std::string read(Slice&, Views&, Slices&, Break,
                                 std::string_view, std::istringstream&);

}  // namespace netpoll::conformance
