// SPDX-License-Identifier: Apache-2.0

// Obeys the same scripts as conformance_linkbuffer, with the original's
// LinkBuffer, and prints the same lines: linkbuffer_driver.cpp tells the form.
// A call that panics is answered with "panic". After that, and after a call that
// leaves the original's buffer broken, the rest of the script gets no answer.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cloudwego/netpoll"
)

type script struct {
	random uint32
	shift  uint // an even seed has eight different bytes only
	buffer *netpoll.LinkBuffer
	views  views
	later  [][]byte // malloc'ed, to fill at Flush
	slices map[string]*slice
	broken bool // the original's buffer is, so no more calls
}

type slice struct {
	reader netpoll.Reader
	views  views
}

func newScript(seed, size int) *script {
	shift := uint(24)
	if seed%2 == 0 {
		shift = 29
	}
	return &script{random: uint32(seed), shift: shift, buffer: netpoll.NewLinkBuffer(size),
		slices: map[string]*slice{}}
}

func (s *script) obey(words []string) (line string) {
	defer func() {
		if recover() != nil {
			line = "panic"
		}
	}()
	result := ""
	if strings.HasPrefix(words[0], "@") {
		result = s.ofSlice(words[0][1:], words[1:])
	} else {
		result = s.ofBuffer(words[0], numbers(words[1:]))
	}
	return fmt.Sprintf("%d %d %s", s.buffer.Len(), s.buffer.MallocLen(), result)
}

func (s *script) ofSlice(name string, words []string) string {
	part, found := s.slices[name]
	if !found {
		return "none"
	}
	if words[0] == "drop" { // the original has no other way to give it back
		verdict := part.views.check()
		_ = part.reader.Skip(part.reader.Len())
		_ = part.reader.Release()
		delete(s.slices, name)
		return verdict
	}
	result := s.read(part.reader, &part.views, words[0], numbers(words[1:]))
	return fmt.Sprintf("%d %s", part.reader.Len(), result)
}

func (s *script) ofBuffer(op string, n []int) string {
	switch op {
	case "malloc":
		view, err := s.buffer.Malloc(n[0])
		copy(view, s.letters(n[0]))
		return class(err)
	case "later":
		view, err := s.buffer.Malloc(n[0])
		s.later = append(s.later, view)
		return class(err)
	case "write":
		_, err := s.buffer.WriteBinary(s.letters(n[0]))
		return class(err)
	case "string":
		_, err := s.buffer.WriteString(string(s.letters(n[0])))
		return class(err)
	case "reuse":
		bytes := s.letters(n[0])
		_, err := s.buffer.WriteBinary(bytes)
		for i := range bytes {
			bytes[i] = 'Z'
		}
		return class(err)
	case "byte":
		return class(s.buffer.WriteByte(s.letters(1)[0]))
	case "direct":
		s.broken = n[1] > s.buffer.MallocLen()
		return class(s.buffer.WriteDirect(s.letters(n[0]), n[1]))
	case "append":
		return s.append(n[0], n[1], n[2])
	case "ack":
		s.fillLater()
		return class(s.buffer.MallocAck(n[0]))
	case "flush":
		s.fillLater()
		return class(s.buffer.Flush())
	case "close":
		verdict := s.views.check()
		_ = s.buffer.Close()
		s.views, s.later, s.buffer = nil, nil, netpoll.NewLinkBuffer()
		return verdict
	case "bytes":
		return s.views.add(s.buffer.Bytes(), false)
	case "gather":
		all := []byte{}
		for _, piece := range s.buffer.GetBytes(make([][]byte, n[0])) {
			all = append(all, piece...)
		}
		return show(all)
	}
	return s.read(s.buffer, &s.views, op, n)
}

func (s *script) read(r netpoll.Reader, v *views, op string, n []int) string {
	v.endPeeked()
	switch op {
	case "next":
		bytes, err := r.Next(n[0])
		return v.keep(bytes, err, false)
	case "peek":
		bytes, err := r.Peek(n[0])
		return v.keep(bytes, err, true)
	case "until":
		bytes, err := r.Until(byte(n[0]))
		return v.keep(bytes, err, false)
	case "skip":
		return class(r.Skip(n[0]))
	case "rstring":
		text, err := r.ReadString(n[0])
		return data([]byte(text), err)
	case "rbinary":
		bytes, err := r.ReadBinary(n[0])
		return data(bytes, err)
	case "rbyte":
		one, err := r.ReadByte()
		return data([]byte{one}, err)
	case "slice":
		return s.slice(r, v, n[0], n[1])
	case "release":
		verdict := v.check()
		*v = nil
		_ = r.Release()
		return verdict
	}
	return "?"
}

func (s *script) slice(r netpoll.Reader, v *views, n, name int) string {
	part, err := r.Slice(n)
	if err != nil {
		return class(err)
	}
	if n > 0 {
		v.endAll()
	}
	s.slices[strconv.Itoa(name)] = &slice{reader: part}
	return strconv.Itoa(part.Len())
}

func (s *script) append(flushed, pending, consumed int) string {
	other := netpoll.NewLinkBuffer()
	view, _ := other.Malloc(flushed)
	copy(view, s.letters(flushed))
	_ = other.Flush()
	_ = other.Skip(consumed)
	if consumed%2 == 1 {
		_ = other.Release()
	}
	view, _ = other.Malloc(pending)
	copy(view, s.letters(pending))
	return class(s.buffer.Append(other))
}

func (s *script) fillLater() {
	for _, view := range s.later {
		copy(view, s.letters(len(view)))
	}
	s.later = nil
}

func (s *script) letters(n int) []byte {
	if n < 0 {
		n = 0
	}
	bytes := make([]byte, n)
	for i := range bytes {
		s.random = s.random*1664525 + 1013904223
		bytes[i] = byte(s.random >> s.shift)
	}
	return bytes
}

func (s *script) end() string {
	verdicts := map[string]bool{}
	for _, part := range s.slices {
		verdicts[part.views.check()] = true
	}
	slices := "ok"
	for _, verdict := range []string{"stale-peek", "stale-slice", "bad"} {
		if verdicts[verdict] {
			slices = verdict
		}
	}
	return "@ " + slices + "\nE " + s.views.check()
}

func numbers(words []string) []int {
	n := make([]int, len(words))
	for i, word := range words {
		n[i], _ = strconv.Atoi(word)
	}
	return n
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	var s *script
	dead := false
	for in.Scan() {
		words := strings.Fields(in.Text())
		switch {
		case words[0] == "S":
			n := numbers(words[1:])
			s, dead = newScript(n[0], n[1]), false
		case words[0] == "E":
			fmt.Fprintln(out, s.end())
		case !dead:
			line := s.obey(words)
			dead = s.broken || line == "panic"
			fmt.Fprintln(out, line)
		}
	}
}
