// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cloudwego/netpoll"
)

// planned is what a script throws; anything else that is thrown came from the
// library.
type planned struct{}

// run carries out the operations of a script and says what each came to.
func (s *Stage) run(lane string, conn netpoll.Connection, script string) {
	for _, line := range strings.Split(script, ";") {
		words := strings.Fields(line)
		if len(words) > 2 && (words[0] == "from" || words[0] == "to") {
			if !s.due(lane, words[0], number(words[1])) {
				continue
			}
			words = words[2:]
		}
		if len(words) == 0 {
			continue
		}
		if words[0] == "throw" {
			s.say(lane, "throw")
			panic(planned{})
		}
		if result := s.operation(conn, words); result != "" {
			s.say(lane, strings.Join(words, " ")+" = "+result)
		} else {
			s.say(lane, strings.Join(words, " "))
		}
	}
}

// due: "from 3 close" only from the handler's third call on, "to 3" up to it.
func (s *Stage) due(lane, word string, limit int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if word == "from" {
		return s.calls[lane] >= limit
	}
	return s.calls[lane] <= limit
}

func number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		panic(err)
	}
	return n
}

func (s *Stage) operation(conn netpoll.Connection, words []string) (result string) {
	defer func() {
		if trouble := recover(); trouble != nil {
			result = "panic"
		}
	}()
	word := ""
	if len(words) > 1 {
		word = words[1]
	}
	if result, ok := reading(conn, words[0], word); ok {
		return result
	}
	if result, ok := writing(conn, words[0], word); ok {
		return result
	}
	return s.living(conn, words[0], words[1:])
}

func reading(conn netpoll.Connection, verb, word string) (string, bool) {
	in := conn.Reader()
	switch verb {
	case "next":
		return shown(in.Next(number(word))), true
	case "peek":
		return shown(in.Peek(number(word))), true
	case "skip":
		return class(in.Skip(number(word))), true
	case "until":
		return shown(in.Until(word[0])), true
	case "bytes":
		return oneByOne(in, number(word)), true
	case "read":
		into := make([]byte, number(word))
		n, err := conn.Read(into)
		return shown(into[:n], err), true
	case "take":
		return shown(in.Next(in.Len())), true
	case "len":
		return strconv.Itoa(in.Len()), true
	case "release":
		in.Release()
		return "", true
	case "buffered":
		for in.Len() < number(word) {
			time.Sleep(time.Millisecond)
		}
		return "", true
	}
	return "", false
}

// oneByOne reads `n` bytes one at a time; what did it get, and how did it end?
func oneByOne(in netpoll.Reader, n int) string {
	var got []byte
	for len(got) < n {
		b, err := in.ReadByte()
		if err != nil {
			return shown(got, nil) + ", " + class(err)
		}
		got = append(got, b)
	}
	return shown(got, nil)
}

func shown(bytes []byte, err error) string {
	if err != nil {
		return class(err)
	}
	if len(bytes) > 40 {
		return fmt.Sprintf("%d bytes", len(bytes))
	}
	return `"` + string(bytes) + `"`
}

func writing(conn netpoll.Connection, verb, word string) (string, bool) {
	out := conn.Writer()
	switch verb {
	case "write":
		out.WriteString(word)
		return "", true
	case "big":
		buf, _ := out.Malloc(number(word))
		for i := range buf {
			buf[i] = byte(i)
		}
		return "", true
	case "flush":
		return class(out.Flush()), true
	case "send":
		_, err := conn.Write([]byte(word))
		return class(err), true
	}
	return "", false
}

func (s *Stage) living(conn netpoll.Connection, verb string, words []string) string {
	switch verb {
	case "close":
		conn.Close()
	case "half_close":
		syscall.Shutdown(conn.(netpoll.Conn).Fd(), syscall.SHUT_WR)
	case "detach":
		return class(conn.(interface{ Detach() error }).Detach())
	case "raw":
		_, err := syscall.Write(conn.(netpoll.Conn).Fd(), []byte(words[0]))
		return class(err)
	case "raw_close":
		return class(syscall.Close(conn.(netpoll.Conn).Fd()))
	case "active":
		return strconv.FormatBool(conn.IsActive())
	case "inactive":
		for conn.IsActive() {
			time.Sleep(time.Millisecond)
		}
	case "callback":
		s.addCallback(conn, words[0])
	case "on_request":
		conn.SetOnRequest(s.onRequest(words[0]))
	case "timeout":
		limit := time.Duration(number(words[1])) * time.Millisecond
		if words[0] == "read" {
			conn.SetReadTimeout(limit)
		} else {
			conn.SetWriteTimeout(limit)
		}
	case "deadline":
		limit := time.Now().Add(time.Duration(number(words[1])) * time.Millisecond)
		if words[0] == "read" {
			return class(conn.SetReadDeadline(limit))
		}
		return class(conn.SetWriteDeadline(limit))
	case "wait":
		s.gate(words[0], false)
	case "shutdown":
		return s.shutdown(number(words[0]))
	default:
		return "no such operation"
	}
	return ""
}
