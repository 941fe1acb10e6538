package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"mozart/workloads/routing"
)

func (s *session) routingImportCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "turn recorded routing into the formats of this program",
		ArgsUsage: "FILE...",
		Description: "--format recording takes IDS SEQUENCES: one byte per expert id in rank order, C order\n" +
			"[tokens][layers][top-k], and a JSON list of objects with the tokens of each sequence (as of\n" +
			"GPT-OSS-20B); it writes a trace. --format tables takes a CSV of layer,token_id,expert,count (as\n" +
			"of OLMoE); it writes packed tables. Inputs may be compressed with gzip.\n\n" +
			"Example: mozart routing import --format recording --model gpt-oss-20b --out gpt-oss.routing topk4_layers24.u8.gz sequences.json",
		Flags: []cli.Flag{
			modelFlag(""), outFileFlag(),
			&cli.StringFlag{Name: "format", Usage: "`FORMAT` of the input: recording or tables"},
			&cli.StringFlag{Name: "domain", Value: "unknown", Usage: "tables: what kind of text was counted"},
			jsonFlag(),
		},
		Action: s.routingImport,
	}
}

func (s *session) routingImport(c *cli.Context) error {
	var read func(*cli.Context) (routingFile, error)
	switch format := c.String("format"); format {
	case "recording":
		read = importRecording
	case "tables":
		read = importTables
	default:
		return usage("--format: found %q, want recording or tables", format)
	}
	f, err := read(c)
	if err != nil {
		return err
	}
	return s.showFile(c, f)
}

func importRecording(c *cli.Context) (routingFile, error) {
	args, err := arguments(c, "IDS", "SEQUENCES")
	if err != nil {
		return routingFile{}, err
	}
	m, err := modelNamed(c.String("model"))
	if err != nil {
		return routingFile{}, err
	}
	ids, err := os.Open(args[0])
	if err != nil {
		return routingFile{}, usage("%w", err)
	}
	defer ids.Close()
	sequences, err := os.Open(args[1])
	if err != nil {
		return routingFile{}, usage("%w", err)
	}
	defer sequences.Close()
	src, err := routing.NewRecording(ids, sequences, routing.RecordingSpec{Model: m.Name, Layers: m.MoELayers(), Experts: m.Experts, TopK: m.TopK})
	if err != nil {
		return routingFile{}, usage("%w", err)
	}
	return writeTrace(c.String("out"), src)
}

func importTables(c *cli.Context) (routingFile, error) {
	args, err := arguments(c, "CSV")
	if err != nil {
		return routingFile{}, err
	}
	m, err := modelNamed(c.String("model"))
	if err != nil {
		return routingFile{}, err
	}
	path := c.String("out")
	if path == "" {
		return routingFile{}, usage("--out is missing: want the file to write")
	}
	in, err := os.Open(args[0])
	if err != nil {
		return routingFile{}, usage("%w", err)
	}
	defer in.Close()
	t, err := routing.ParseTables(in, routing.TablesSpec{Model: m.Name, Domain: c.String("domain"), Experts: m.Experts, TopK: m.TopK})
	if err != nil {
		return routingFile{}, usage("%s: %w", args[0], err)
	}
	if err := routing.WriteTablesFile(path, t); err != nil {
		return routingFile{}, usage("%w", err)
	}
	f := routingFile{Kind: "tables", Model: t.Model, Layers: len(t.Recorded), Experts: t.Experts, TopK: t.TopK, Tokens: t.Tokens()}
	return f.at(path)
}
