package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/runner/config"
	"mozart/runner/record"
	"mozart/workloads/op"
)

func (s *session) workloadCommand() *cli.Command {
	return &cli.Command{
		Name:      "workload",
		Usage:     "write the op program of a step, or show one",
		ArgsUsage: "EXPERIMENT|FILE",
		Description: "Writes what the chiplets have to do in one training step, with the token tables of every\n" +
			"layer, so that mozart run --workload FILE needs no routing and gives the same result\n" +
			"(docs/workload.md). FILE is a program that was written before, or a folder of Chakra\n" +
			"execution traces, which --format chakra writes. --json prints the program as lines of JSON: a\n" +
			"header, a line per table, a line per op.\n\n" +
			"Example: mozart workload olmoe-mozart-c --out olmoe.program",
		Flags: []cli.Flag{
			setFlag(), jsonFlag(),
			&cli.StringFlag{Name: "out", Usage: "write `FILE`; with --format chakra a folder of traces"},
			&cli.StringFlag{Name: "format", Value: "mozart", Usage: "`FORMAT` of --out: " + oneOf(programFormats)},
		},
		Action:       s.workload,
		BashComplete: completeExperiments,
	}
}

func (s *session) workload(c *cli.Context) error {
	args, err := arguments(c, "EXPERIMENT|FILE")
	if err != nil {
		return err
	}
	if c.String("out") == "" && !c.Bool("json") {
		return usage("workload needs --out FILE, or --json")
	}
	if err := checkFormat(c.String("format")); err != nil {
		return err
	}
	if c.String("format") != "chakra" {
		if err := outputFile("out", c.String("out")); err != nil {
			return err
		}
	}
	f, err := s.programNamed(c, args[0])
	if err != nil {
		return err
	}
	switch out := c.String("out"); {
	case out == "":
	case c.String("format") == "chakra":
		err = s.writeChakra(out, f)
	default:
		err = s.writeProgram(out, f)
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return op.Dump(s.stdout, f)
	}
	return nil
}

// writeProgram writes a program file, and logs what is in it.
func (s *session) writeProgram(out string, f op.File) error {
	if err := record.WriteStream(out, func(w io.Writer) error { return op.Write(w, f) }); err != nil {
		return err
	}
	p := f.Program
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	ops := 0
	for d := range p.Devices {
		ops += len(p.Devices[d].Ops)
	}
	s.log.Info().Str("file", out).Int("ops", ops).Int("tables", len(p.Tables)).Int64("bytes", info.Size()).Msg("written")
	return nil
}

// programNamed is the program of an experiment, or of a file that has one.
func (s *session) programNamed(c *cli.Context, name string) (op.File, error) {
	if isProgram(name) {
		if c.IsSet("set") {
			return op.File{}, usage("--set means nothing to a program that is made already (%s)", name)
		}
		return s.readProgram(name)
	}
	ctx, stop := s.interruptible(c.Context)
	defer stop()
	p, err := s.plan(ctx, name, c.StringSlice("set"))
	if err != nil {
		return op.File{}, err
	}
	about, err := p.About()
	return op.File{Program: p.Program, About: about}, err
}

// isProgram tells whether a file begins as a program does, or is a folder. A built-in
// name is the experiment.
func isProgram(name string) bool {
	if slices.Contains(config.Names(), name) {
		return false
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return true
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	magic := make([]byte, len(op.FileMagic))
	_, err = io.ReadFull(f, magic)
	return err == nil && bytes.Equal(magic, []byte(op.FileMagic))
}

// readProgram reads a program file, or the traces in a folder.
func (s *session) readProgram(name string) (op.File, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return s.readChakra(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return op.File{}, &inputError{err}
	}
	program, err := op.Read(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return op.File{}, &inputError{fmt.Errorf("%s: %w", name, err)}
	}
	return program, nil
}
