package main

import (
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/workloads/routing"
)

// importSpec is what the flags say of a recording.
func importSpec(c *cli.Context) (routing.ImportSpec, error) {
	m, err := modelNamed(c.String("model"))
	if err != nil {
		return routing.ImportSpec{}, err
	}
	return routing.ImportSpec{
		Model: m.Name, Layers: m.MoELayers(), Experts: m.Experts, TopK: m.TopK, FirstLayer: c.Int("first-layer"),
		Columns: routing.Columns{
			Sequence: c.String("sequence-column"), Token: c.String("token-column"), Layer: c.String("layer-column"),
			Experts: c.String("experts-column"), Weights: c.String("weights-column"),
		},
	}, nil
}

// importFile opens the one argument and writes what read makes of it.
func importFile(c *cli.Context, read func(*os.File, routing.ImportSpec) (*routing.Trace, error)) (routingFile, error) {
	args, err := arguments(c, "FILE")
	if err != nil {
		return routingFile{}, err
	}
	spec, err := importSpec(c)
	if err != nil {
		return routingFile{}, err
	}
	in, err := os.Open(args[0])
	if err != nil {
		return routingFile{}, usage("%w", err)
	}
	defer in.Close()
	t, err := read(in, spec)
	if err != nil {
		return routingFile{}, usage("%s: %w", args[0], err)
	}
	return writeTrace(c.String("out"), t.Source())
}

func importJSONL(c *cli.Context) (routingFile, error) {
	return importFile(c, func(in *os.File, spec routing.ImportSpec) (*routing.Trace, error) {
		return routing.ImportJSONL(in, spec)
	})
}

func importCSV(c *cli.Context) (routingFile, error) {
	return importFile(c, func(in *os.File, spec routing.ImportSpec) (*routing.Trace, error) { return routing.ImportCSV(in, spec) })
}

func importParquet(c *cli.Context) (routingFile, error) {
	return importFile(c, func(in *os.File, spec routing.ImportSpec) (*routing.Trace, error) {
		size, err := in.Seek(0, io.SeekEnd)
		if err != nil {
			return nil, err
		}
		return routing.ImportParquet(in, size, spec)
	})
}

func importNPY(c *cli.Context) (routingFile, error) {
	return importFile(c, func(in *os.File, spec routing.ImportSpec) (*routing.Trace, error) {
		array, err := arraySpec(c)
		if err != nil {
			return nil, err
		}
		return routing.ImportNPY(in, spec, array)
	})
}

func importNPZ(c *cli.Context) (routingFile, error) {
	return importFile(c, func(in *os.File, spec routing.ImportSpec) (*routing.Trace, error) {
		array, err := arraySpec(c)
		if err != nil {
			return nil, err
		}
		size, err := in.Seek(0, io.SeekEnd)
		if err != nil {
			return nil, err
		}
		return routing.ImportNPZ(in, size, c.String("array"), spec, array)
	})
}

// arraySpec is what the flags say of an array.
func arraySpec(c *cli.Context) (routing.ArraySpec, error) {
	array := routing.ArraySpec{Axes: strings.Split(c.String("axes"), ",")}
	path := c.String("sequences")
	if path == "" {
		return array, nil
	}
	in, err := os.Open(path)
	if err != nil {
		return array, err
	}
	defer in.Close()
	array.Sequences, err = routing.ReadSequenceLengths(in)
	return array, err
}
