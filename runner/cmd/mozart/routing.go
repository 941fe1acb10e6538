package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"mozart/workloads/routing"
)

func (s *session) routingCommand() *cli.Command {
	return &cli.Command{
		Name:        "routing",
		Usage:       "generate, import and describe routing traces, and fit the generator to them",
		Subcommands: []*cli.Command{s.routingGenCommand(), s.routingImportCommand(), s.routingStatsCommand(), s.routingFitCommand()},
	}
}

func outFileFlag() cli.Flag { return &cli.StringFlag{Name: "out", Usage: "write `FILE`"} }

// fileSchema is the version of what is printed about a file that was written.
const fileSchema = "mozart.routing-file/1"

// routingFile is a routing file that was written. Tables have no sequences and
// count the tokens behind them.
type routingFile struct {
	Schema    string `json:"schema"`
	File      string `json:"file"`
	Kind      string `json:"kind"`
	Model     string `json:"model"`
	Layers    int    `json:"layers"`
	Experts   int    `json:"experts"`
	TopK      int    `json:"top_k"`
	Tokens    int    `json:"tokens"`
	Sequences int    `json:"sequences"`
	Bytes     int64  `json:"bytes"`
}

// writeTrace writes a trace and describes the file.
func writeTrace(path string, src routing.Source) (routingFile, error) {
	if path == "" {
		return routingFile{}, usage("--out is missing: want the file to write")
	}
	if err := routing.WriteFile(path, src); err != nil {
		return routingFile{}, usage("%w", err)
	}
	h := src.Header()
	f := routingFile{Kind: "trace", Model: h.Model, Layers: h.Layers, Experts: h.Experts, TopK: h.TopK, Tokens: h.Tokens, Sequences: len(h.Sequences)}
	return f.at(path)
}

func (f routingFile) at(path string) (routingFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return f, err
	}
	f.Schema, f.File, f.Bytes = fileSchema, path, info.Size()
	return f, nil
}

func (s *session) showFile(c *cli.Context, f routingFile) error {
	if c.Bool("json") {
		return s.printJSON(f)
	}
	sequences := ""
	if f.Sequences > 0 {
		sequences = fmt.Sprintf(" in %d sequences", f.Sequences)
	}
	return s.printf("%s: %s of %s, %d MoE layers of %d experts, top-%d, %d tokens%s, %d bytes\n",
		f.File, f.Kind, f.Model, f.Layers, f.Experts, f.TopK, f.Tokens, sequences, f.Bytes)
}
