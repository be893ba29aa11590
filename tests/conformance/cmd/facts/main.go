// SPDX-License-Identifier: Apache-2.0

// facts shows what Go netpoll v0.7.0 does: each probe runs the original and
// prints the outcome. claims.toml has what each must print, and which comment
// of our sources says so. A probe stays on the loopback interface.
//
//	facts NAME    runs one probe
//	facts         lists them
package main

import (
	"fmt"
	"os"
	"sort"
)

var probes = map[string]func(){}

// add is called by each file's init().
func add(some map[string]func()) {
	for name, probe := range some {
		probes[name] = probe
	}
}

func main() {
	if len(os.Args) == 1 {
		names := make([]string, 0, len(probes))
		for name := range probes {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	probe, ok := probes[os.Args[1]]
	if !ok || len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "facts: no such probe:", os.Args[1:])
		os.Exit(2)
	}
	probe()
}
