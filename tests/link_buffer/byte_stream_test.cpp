// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/byte_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/stream_reader_writer.h"

namespace netpoll {
namespace {

const std::error_code kBroken = std::make_error_code(std::errc::io_error);

// A stream that moves what the test has put down, a piece a call.
struct Stream {
  Result<std::size_t> read(std::span<std::byte> to) {
    asked.push_back(to.size());
    if (input.empty()) return end ? fail(end) : Result<std::size_t>(0);
    std::string& piece = input.front();
    const std::size_t n = std::min(piece.size(), to.size());
    std::ranges::copy(raw(piece).first(n), to.begin());
    piece.erase(0, n);
    if (piece.empty()) input.pop_front();
    return n;
  }
  Result<std::size_t> write(std::span<const std::byte> from) {
    if (output.size() >= room) return end ? fail(end) : Result<std::size_t>(0);
    const std::size_t n =
        std::min({from.size(), at_once, room - output.size()});
    output += text(from.first(n));
    return n;
  }

  std::deque<std::string> input{};
  std::error_code end{};  // how it ends; not set: with 0
  std::vector<std::size_t> asked{};
  std::string output{};
  std::size_t at_once = ~std::size_t{0};
  std::size_t room = ~std::size_t{0};
};

static_assert(ByteSource<Stream> && ByteSink<Stream>);
static_assert(Reader<StreamReader<Stream>> && Writer<StreamWriter<Stream>>);
static_assert(Reader<StreamReadWriter<Stream>> &&
              Writer<StreamReadWriter<Stream>>);
static_assert(ByteSource<ReaderStream<LinkBuffer>> &&
              ByteSource<ReaderStream<Slice>> &&
              ByteSink<WriterStream<LinkBuffer>>);
using Both = ReaderWriterStream<LinkBuffer>;
static_assert(ByteSource<Both> && ByteSink<Both>);

std::string letters(std::size_t n) {
  std::string all(n, '\0');
  for (std::size_t i = 0; i < n; ++i)
    all[i] = static_cast<char>('a' + i % 26);
  return all;
}

TEST(StreamReader, ReadsWhatIsMissing) {
  Stream stream{.input = {letters(20'000)}};
  StreamReader reader(stream);
  EXPECT_EQ(text(reader.next(8192)), letters(8192));
  EXPECT_EQ(text(reader.peek(4096)), letters(12288).substr(8192));
  EXPECT_GE(reader.size(), 4096u);
  EXPECT_FALSE(reader.skip(4096));
  EXPECT_EQ(*reader.read_string(2), letters(12290).substr(12288));
  reader.release();
  EXPECT_EQ(reader.read_binary(1)->size(), 1u);
  EXPECT_EQ(*reader.read_byte(), raw(letters(12292)).back());
  EXPECT_EQ(text(reader.slice(100)->bytes()), letters(12392).substr(12292));
}

TEST(StreamReader, JoinsShortReads) {
  Stream stream{.input = {"h", "el", "lo"}};
  StreamReader reader(stream);
  EXPECT_EQ(text(reader.next(5)), "hello");
}

TEST(StreamReader, DoesNotReadWhatItHasAlready) {
  Stream stream{.input = {"hello"}};
  StreamReader reader(stream);
  EXPECT_EQ(text(reader.next(2)), "he");
  EXPECT_EQ(text(reader.next(3)), "llo");
  EXPECT_FALSE(reader.skip(0));
  EXPECT_EQ(stream.asked.size(), 1u);
}

TEST(StreamReader, ReadsBetweenOneAndSixteenUnitsAtATime) {
  Stream stream{.input = {letters(1 << 20)}};
  StreamReader reader(stream);
  EXPECT_EQ(text(reader.next(1)), "a");
  EXPECT_EQ(stream.asked.front(), 4096u);
  EXPECT_FALSE(reader.skip((1 << 20) - 1));
  EXPECT_EQ(std::ranges::max(stream.asked), 16u * 4096);
}

TEST(StreamReader, UntilReadsOnUntilTheDelimiterIsThere) {
  Stream stream{.input = {"a li", "ne\nand", " a rest"}};
  StreamReader reader(stream);
  EXPECT_EQ(text(reader.until(std::byte{'\n'})), "a line\n");
  EXPECT_EQ(reader.until(std::byte{'\n'}).error(), Errc::eof);
  EXPECT_EQ(text(reader.next(10)), "and a rest");
}

TEST(StreamReader, UntilFindsADelimiterThatIsTheFirstByte) {
  Stream stream{.input = {"a line\n\nanother\n"}};
  StreamReader reader(stream);
  EXPECT_EQ(text(reader.until('\n')), "a line\n");
  EXPECT_EQ(text(reader.until('\n')), "\n");  // it is buffered already
  EXPECT_EQ(stream.asked.size(), 1u);
}

TEST(StreamReader, UntilReadsNoMoreWhenTheFirstMaxBytesHoldNoDelimiter) {
  Stream stream{.input = {"abc", "de", "f\n"}};
  StreamReader reader(stream);
  EXPECT_EQ(reader.until('\n', 5).error(), Errc::too_long);
  EXPECT_EQ(stream.asked.size(), 2u);
  EXPECT_EQ(reader.until('\n', 6).error(), Errc::too_long);
  EXPECT_EQ(text(reader.until('\n', 7)), "abcdef\n");
}

TEST(StreamReader, TheEndOfTheSourceIsEof) {
  Stream stream;
  StreamReader reader(stream);
  EXPECT_EQ(reader.next(8192).error(), Errc::eof);
  EXPECT_EQ(reader.skip(1), Errc::eof);
}

TEST(StreamReader, WhatCameBeforeAnErrorStaysReadable) {
  Stream stream{.input = {"abc"}, .end = kBroken};
  StreamReader reader(stream);
  EXPECT_EQ(reader.next(4).error(), kBroken);
  EXPECT_EQ(reader.size(), 3u);
  EXPECT_EQ(text(reader.next(3)), "abc");
}

TEST(StreamReader, ReadsOnAfterAnErrorThatPasses) {
  Stream stream{.end = kBroken};
  StreamReader reader(stream);
  EXPECT_EQ(reader.next(1).error(), kBroken);
  stream.input = {"later"};
  EXPECT_EQ(text(reader.next(5)), "later");
}

TEST(StreamWriter, WritesNothingBeforeFlush) {
  Stream stream;
  StreamWriter writer(stream);
  std::ranges::copy(raw(letters(1024)), writer.malloc(1024).begin());
  EXPECT_EQ(writer.malloc_size(), 1024u);
  EXPECT_EQ(stream.output, "");
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(writer.malloc_size(), 0u);
  EXPECT_EQ(stream.output, letters(1024));
}

TEST(StreamWriter, WritesEverythingInOrder) {
  Stream stream;
  StreamWriter writer(stream);
  LinkBuffer other;
  other.write_string("other ");
  writer.write_string("ab");
  EXPECT_FALSE(writer.malloc_ack(1));
  writer.write_byte(std::byte{' '});
  writer.append(std::move(other));
  writer.write_binary(raw("end"));
  EXPECT_FALSE(writer.write_direct(Block::owned(std::string("the ")), 3));
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(stream.output, "a other the end");
}

TEST(StreamWriter, GoesOnAfterShortWrites) {
  Stream stream{.at_once = 7};
  StreamWriter writer(stream);
  writer.write_string(letters(10'000));
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(stream.output, letters(10'000));
}

TEST(StreamWriter, WhatAnErrorLeavesGoesFirstTheNextTime) {
  Stream stream{.end = kBroken, .room = 3};
  StreamWriter writer(stream);
  writer.write_string("abcde");
  EXPECT_EQ(writer.flush(), kBroken);
  stream.room = 100;
  writer.write_string("fg");
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(stream.output, "abcdefg");
}

TEST(StreamWriter, ASinkThatTakesNothingIsAtItsEnd) {
  Stream stream{.room = 0};
  StreamWriter writer(stream);
  writer.write_string("a");
  EXPECT_EQ(writer.flush(), Errc::eof);
}

TEST(StreamReadWriter, IsBothOverOneStream) {
  Stream stream{.input = {"question"}};
  StreamReadWriter both(stream);
  EXPECT_EQ(text(both.next(8)), "question");
  both.write_string("answer");
  EXPECT_FALSE(both.flush());
  EXPECT_EQ(stream.output, "answer");
}

TEST(ReaderWriterStream, WhatIsWrittenCanBeRead) {
  LinkBuffer buffer;
  ReaderWriterStream stream(buffer, buffer);
  EXPECT_EQ(*stream.write(raw("hello world")), 11u);
  std::array<std::byte, 1024> bytes{};
  EXPECT_EQ(*stream.read(bytes), 11u);
  EXPECT_EQ(text(std::span(bytes).first(11)), "hello world");
  EXPECT_EQ(*stream.read(bytes), 0u);  // the end
}

TEST(ReaderStream, ReadsNoMoreThanItMayAndThenTheRest) {
  LinkBuffer buffer;
  put_node(buffer, "hello ");
  put_node(buffer, "world");
  ReaderStream stream(buffer);
  std::array<std::byte, 8> bytes{};
  EXPECT_EQ(*stream.read({}), 0u);
  EXPECT_EQ(*stream.read(bytes), 8u);
  EXPECT_EQ(text(bytes), "hello wo");
  EXPECT_EQ(*stream.read(bytes), 3u);
  EXPECT_EQ(text(std::span(bytes).first(3)), "rld");
}

TEST(ReaderStream, WaitsForMoreAndPassesErrorsOn) {
  Stream stream{.input = {"more"}, .end = kBroken};
  StreamReader reader(stream);
  ReaderStream again(reader);
  std::array<std::byte, 8> bytes{};
  EXPECT_EQ(*again.read(bytes), 4u);
  EXPECT_EQ(again.read(bytes).error(), kBroken);
  stream.end = {};
  EXPECT_EQ(*again.read(bytes), 0u);
}

TEST(WriterStream, FailsAsTheWriterDoes) {
  Stream stream{.end = kBroken, .room = 0};
  StreamWriter writer(stream);
  WriterStream again(writer);
  EXPECT_EQ(again.write(raw("abc")).error(), kBroken);
}

// A Reader and a Writer that are streams as well.
struct Native : LinkBuffer {
  Result<std::size_t> read(std::span<std::byte>) { return 0; }
  Result<std::size_t> write(std::span<const std::byte>) { return 0; }
};

TEST(AsSource, IsTheReaderItselfWhenItIsOne) {
  Native native;
  EXPECT_EQ(&as_source(native), &native);
  LinkBuffer buffer;
  put(buffer, "abc");
  std::array<std::byte, 8> bytes{};
  EXPECT_EQ(*as_source(buffer).read(bytes), 3u);
}

TEST(AsSink, IsTheWriterItselfWhenItIsOne) {
  Native native;
  EXPECT_EQ(&as_sink(native), &native);
  LinkBuffer buffer;
  EXPECT_EQ(*as_sink(buffer).write(raw("abc")), 3u);
  EXPECT_EQ(text(buffer.next(3)), "abc");
}

}  // namespace
}  // namespace netpoll
