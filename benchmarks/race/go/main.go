// SPDX-License-Identifier: Apache-2.0

// race_go has the Go servers of ./learn race. Each sends back whatever it gets.
// The file of a server says which settings are not its library's own, and why.
//
//	race_go --server netpoll|gnet|evio|net [--addr HOST:PORT] [--work-us N]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// servers are the values of --server. Each listens on an address, calls
// listening() once, and serves until the process ends or something fails.
var servers = map[string]func(address string) error{
	"netpoll": serveNetpoll,
	"gnet":    serveGnet,
	"evio":    serveEvio,
	"net":     serveNet,
}

const (
	allowed = "race_go --server netpoll|gnet|evio|net [--addr HOST:PORT] [--work-us N]"
	help    = "usage: " + allowed + `

  --server NAME     which library serves
  --addr HOST:PORT  where to listen; port 0 picks one (default 127.0.0.1:0)
  --work-us N       keep a core busy for N microseconds before each answer (default 0)
`
)

// work is how long busy() takes: the value of --work-us.
var work time.Duration

func main() {
	serve, address := parse(os.Args[1:])

	// The end is the same for all four, and at once: evio cannot be told from
	// outside to stop.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		os.Exit(0)
	}()

	err := serve(address)
	if err == nil {
		err = errors.New("the server ended by itself")
	}
	fmt.Fprintln(os.Stderr, "race_go:", err)
	os.Exit(1)
}

// parse ends the process after --help, or when a flag is wrong.
func parse(arguments []string) (serve func(string) error, address string) {
	flags := flag.NewFlagSet("race_go", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // it would print more than one line
	name := flags.String("server", "", "")
	flags.StringVar(&address, "addr", "127.0.0.1:0", "")
	microseconds := flags.Uint("work-us", 0, "")
	err := flags.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(help)
		os.Exit(0)
	}
	if err != nil {
		refuse(err.Error())
	}
	if flags.NArg() > 0 {
		refuse(fmt.Sprintf("what is %q?", flags.Arg(0)))
	}
	serve, known := servers[*name]
	if !known {
		refuse(fmt.Sprintf("no server %q", *name))
	}
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		refuse(err.Error())
	}
	work = time.Duration(*microseconds) * time.Microsecond
	return serve, resolved.String()
}

func refuse(why string) {
	fmt.Fprintf(os.Stderr, "race_go: %s; allowed: %s\n", why, allowed)
	os.Exit(2)
}

// listening says that clients may connect to address.
func listening(address net.Addr) {
	fmt.Printf("listening on %s\n", address)
}

// busy does the work of a request: each server calls it once for each piece of
// input that its library hands over. It spins: time.Since() reads the monotonic
// clock.
func busy() {
	if work == 0 {
		return
	}
	for start := time.Now(); time.Since(start) < work; {
	}
}
