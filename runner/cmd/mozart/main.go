// Command mozart emulates MoE training on a chiplet package.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(execute(os.Args, os.Stdout, os.Stderr))
}

// execute is main with everything it touches as an argument.
func execute(args []string, stdout, stderr io.Writer) int {
	app := newApp(stdout, stderr)
	args, err := reorder(app, args)
	if err == nil {
		err = app.Run(args)
	}
	if err != nil {
		fmt.Fprintln(stderr, "mozart:", err)
	}
	return exitCode(err)
}
