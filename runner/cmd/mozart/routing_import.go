package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/workloads/routing"
)

func (s *session) routingImportCommand() *cli.Command {
	columns := routing.DefaultColumns()
	return &cli.Command{
		Name:      "import",
		Usage:     "turn recorded routing into the formats of this program",
		ArgsUsage: "FILE...",
		Description: "jsonl, csv, parquet: FILE holds a row per token and layer; jsonl and parquet also a row per token\n" +
			"or per sequence, with nested lists of expert ids. npy, npz: an array of expert ids. All write a\n" +
			"trace, and check ids, top-k and layers against --model (docs/routing-format.md).\n" +
			"--format recording takes IDS SEQUENCES: one byte per expert id in rank order, C order\n" +
			"[tokens][layers][top-k], and a JSON list of objects with the tokens of each sequence (as of\n" +
			"GPT-OSS-20B); it writes a trace. --format tables takes a CSV of layer,token_id,expert,count (as\n" +
			"of OLMoE); it writes packed tables. Inputs other than npz and parquet may be compressed with gzip.\n\n" +
			"Example: mozart routing import --model olmoe --out olmoe.routing recorded.jsonl",
		Flags: []cli.Flag{
			modelFlag(""), outFileFlag(),
			&cli.StringFlag{Name: "format", Usage: "`FORMAT` of the input: " + oneOf(importFormats()) + "; by default what the name of the file ends in"},
			&cli.StringFlag{Name: "sequence-column", Value: columns.Sequence, Usage: "jsonl, csv, parquet: `NAME` of what tells sequences apart; without such a column there is one"},
			&cli.StringFlag{Name: "token-column", Value: columns.Token, Usage: "jsonl, csv, parquet: `NAME` of the token's number in its sequence; without it rows are in order"},
			&cli.StringFlag{Name: "layer-column", Value: columns.Layer, Usage: "jsonl, csv, parquet: `NAME` of the layer's number"},
			&cli.StringFlag{Name: "experts-column", Value: columns.Experts, Usage: "jsonl, csv, parquet: `NAME` of the expert ids, in rank order; csv: also NAME_0, NAME_1, ..."},
			&cli.StringFlag{Name: "weights-column", Usage: "jsonl, csv, parquet: `NAME` of the router weights beside the ids (default: none are read)"},
			&cli.IntFlag{Name: "first-layer", Usage: "jsonl, csv, parquet: number that the file gives to the first MoE layer"},
			&cli.StringFlag{Name: "axes", Value: strings.Join(routing.DefaultAxes(), ","), Usage: "npy, npz: what the `AXES` count, outermost first; sequence may be one of four"},
			&cli.StringFlag{Name: "array", Usage: "npz: `NAME` of the array, if there are several"},
			&cli.StringFlag{Name: "sequences", Usage: "npy, npz: JSON `FILE` with the tokens of each sequence (default: one sequence)"},
			&cli.StringFlag{Name: "domain", Value: "unknown", Usage: "tables: what kind of text was counted"},
			jsonFlag(),
		},
		Action: s.routingImport,
	}
}

// importers read a file each; the flags and arguments are theirs.
func importers() map[string]func(*cli.Context) (routingFile, error) {
	return map[string]func(*cli.Context) (routingFile, error){
		"jsonl": importJSONL, "csv": importCSV, "npy": importNPY, "npz": importNPZ, "parquet": importParquet,
		"recording": importRecording, "tables": importTables,
	}
}

func importFormats() []string {
	return []string{"jsonl", "csv", "npy", "npz", "parquet", "recording", "tables"}
}

func (s *session) routingImport(c *cli.Context) error {
	format := c.String("format")
	if format == "" && c.Args().Len() > 0 {
		format = strings.TrimPrefix(filepath.Ext(strings.TrimSuffix(c.Args().First(), ".gz")), ".")
	}
	read := importers()[format]
	if read == nil {
		return usage("--format: found %q, want %s", format, oneOf(importFormats()))
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
