// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/bytedance/gopkg/lang/mcache"
	"github.com/cloudwego/netpoll"
)

func init() {
	add(map[string]func(){
		"ack_after_direct":    ackAfterDirect,
		"ack_too_large":       ackTooLarge,
		"append_early":        appendEarly,
		"empty_reader":        emptyReader,
		"flush_part":          flushPart,
		"get_bytes_tail":      getBytesTail,
		"mcache_free":         mcacheFree,
		"no_copy_read":        noCopyRead,
		"peek_frees":          peekFrees,
		"slice_releases":      sliceReleases,
		"slice_split":         sliceSplit,
		"until_does_not_fill": untilDoesNotFill,
		"write_binary_refers": writeBinaryRefers,
	})
}

func ackTooLarge() {
	buffer := netpoll.NewLinkBuffer()
	must(buffer.Malloc(10))
	show("MallocAck(11) of 10: %s", panics(func() { buffer.MallocAck(11) }))
}

// The bytes that are kept lie in one block with those that are dropped.
func ackAfterDirect() {
	buffer := netpoll.NewLinkBuffer()
	copy(must(buffer.Malloc(10)), "0123456789")
	check(buffer.WriteDirect([]byte("ab"), 4))
	check(buffer.MallocAck(8))
	copy(must(buffer.Malloc(2)), "XY")
	check(buffer.Flush())
	show("012345ab was kept, then XY written: %s", must(buffer.Next(10)))
}

func appendEarly() {
	buffer, other := netpoll.NewLinkBuffer(), netpoll.NewLinkBuffer()
	must(other.WriteString("ab"))
	check(other.Flush())
	check(buffer.Append(other))
	show("readable before Flush: %d of 2 bytes", buffer.Len())
}

// A Reader that is no io.Reader, and has nothing to read yet.
func emptyReader() {
	reader := netpoll.NewIOReader(netpoll.NewReader(strings.NewReader("ab")))
	n, err := reader.Read(make([]byte, 2))
	show("Read: %d, %v", n, err)
}

type reluctant struct{ got []byte }

func (w *reluctant) Write(p []byte) (int, error) {
	w.got = append(w.got, p[:3]...)
	return 3, nil
}

func flushPart() {
	sink := &reluctant{}
	writer := netpoll.NewWriter(sink)
	copy(must(writer.Malloc(6)), "abcdef")
	err := writer.Flush()
	show("Flush of 6 bytes to a sink that takes 3: %d written, %v", len(sink.got), err)
}

func getBytesTail() {
	buffer := filled(2)
	must(buffer.Next(1)) // no empty node lies in front any more
	total := 0
	for _, piece := range buffer.GetBytes(nil) {
		total += len(piece)
	}
	show("GetBytes(nil): %d of %d bytes", total, buffer.Len())
}

func mcacheFree() {
	stillPool()
	odd, foreign := make([]byte, 1000), make([]byte, 1024)
	mcache.Free(odd)
	show("1000 bytes, freed: taken again %v", &mcache.Malloc(1000)[0] == &odd[0])
	mcache.Free(foreign)
	show("1024 bytes from elsewhere, freed: taken again %v", &mcache.Malloc(1024)[0] == &foreign[0])
}

func noCopyRead() {
	check(netpoll.Configure(netpoll.Config{Feature: netpoll.Feature{AlwaysNoCopyRead: true}}))
	buffer := netpoll.NewLinkBuffer()
	must(buffer.WriteString(strings.Repeat("a", 100)))
	check(buffer.Flush())
	view := must(buffer.Peek(100))
	text := must(buffer.ReadString(100))
	show("ReadString is the buffer's memory: %v", *(*uintptr)(unsafe.Pointer(&text)) == uintptr(unsafe.Pointer(&view[0])))
}

func peekFrees() {
	stillPool()
	buffer := filled(3)
	first := must(buffer.Peek(6000))
	must(buffer.Peek(12000))
	reuse(6000)
	show("the first view begins with a, after a larger Peek with %c", first[0])
}

func sliceReleases() {
	stillPool()
	buffer := filled(4)
	view := must(buffer.Next(6000))
	must(buffer.Slice(8000))
	reuse(6000)
	show("the view of Next begins with a, after a Slice across nodes with %c", view[0])
}

// Half of the block is in the slice, the other half in a node behind it.
func sliceSplit() {
	stillPool()
	buffer := netpoll.NewLinkBuffer()
	copy(must(buffer.Malloc(100)), bytes.Repeat([]byte{'a'}, 100))
	check(buffer.WriteDirect([]byte("D"), 50))
	check(buffer.Flush())
	slice := must(buffer.Slice(50))
	check(buffer.Skip(51))
	check(buffer.Close())
	reuse(4096)
	show("the slice held a, after the buffer's end %c", must(slice.Next(1))[0])
}

func untilDoesNotFill() {
	reader := netpoll.NewReader(strings.NewReader("line\n"))
	_, err := reader.Until('\n')
	show("Until of a source with a line: %v", err)
}

func writeBinaryRefers() {
	buffer, bytes := netpoll.NewLinkBuffer(), make([]byte, 5000)
	must(buffer.WriteBinary(bytes))
	bytes[0] = 'z'
	check(buffer.Flush())
	show("changed after WriteBinary: the reader sees %q", must(buffer.Next(1)))
}
