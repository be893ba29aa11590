// SPDX-License-Identifier: Apache-2.0

// life plays situations on Go netpoll: it reads commands from standard input
// and prints what happens, one line an event. life_driver.cpp is its twin on
// our library and lists the commands; life_script.cpp lists the operations.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/cloudwego/netpoll"
)

func main() {
	// One poller on both sides: what it is busy with is then known.
	if err := netpoll.Configure(netpoll.Config{PollerNum: 1}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var stage *Stage
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	for input.Scan() {
		verb, rest, _ := strings.Cut(input.Text(), " ")
		if verb == "begin" {
			stage = newStage(rest)
		} else if err := stage.command(verb, rest); err != nil {
			fmt.Fprintf(os.Stderr, "life: %s: %v\n", input.Text(), err)
			os.Exit(2)
		}
	}
}

func (s *Stage) command(verb, rest string) error {
	first, more, _ := strings.Cut(rest, " ")
	switch verb {
	case "option":
		return s.option(first, more)
	case "script":
		s.setScript(first, more)
	case "serve":
		return s.serve(first, more)
	case "dial":
		return s.dial(first, more)
	case "do":
		s.do(first, more)
	case "open":
		s.gate(first, true)
	case "end":
		s.end()
	default:
		return fmt.Errorf("no such command")
	}
	return nil
}
