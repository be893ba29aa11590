// SPDX-License-Identifier: Apache-2.0

// Command workflows checks the files of .github/workflows with actionlint:
// their names, expressions, contexts and events.
package main

import (
	"os"

	"github.com/rhysd/actionlint"
)

func main() {
	check := actionlint.Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(check.Main(os.Args))
}
