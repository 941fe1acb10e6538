package strict_test

import (
	"fmt"

	"mozart/runner/config/strict"
)

func Example() {
	type hbm struct {
		Stacks   int    `yaml:"stacks" doc:"Stacks on the package." source:"[P] 4.1" min:"1" max:"16"`
		Fidelity string `yaml:"fidelity" doc:"How a stack is timed." enum:"stream,bank"`
	}
	type config struct {
		Name string `yaml:"name" doc:"Name of the run."`
		HBM  hbm    `yaml:"hbm" doc:"Memory."`
	}
	cfg := config{Name: "default", HBM: hbm{Stacks: 6, Fidelity: "stream"}}

	base, _ := strict.Parse("base.yaml", []byte("hbm:\n  stacks: 0\n  fidelity: banks\n"))
	over, _ := strict.Parse("mine.yaml", []byte("nam: mine\n"))
	tree, _ := strict.Set(strict.Merge(base, over), "hbm.stack=4")
	fmt.Println(strict.Decode(tree, &cfg).Err())
	fmt.Println()

	out, err := strict.Dump(cfg)
	fmt.Print(string(out), err)

	// Output:
	// base.yaml:2:11: hbm.stacks: found 0, want 1 to 16
	// base.yaml:3:13: hbm.fidelity: found "banks", want stream or bank (did you mean "bank"?)
	// mine.yaml:1:1: nam: found an unknown key (did you mean "name"?)
	// --set hbm.stack=4: hbm.stack: found an unknown key (did you mean "hbm.stacks"?)
	//
	// # Name of the run.
	// name: default
	//
	// # Memory.
	// hbm:
	//   # Stacks on the package.
	//   # Allowed: 1 to 16.
	//   stacks: 6  # [P] 4.1
	//   # How a stack is timed.
	//   # Allowed: stream or bank.
	//   fidelity: stream
	// <nil>
}
