package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"mozart/components/tile"
	"mozart/runner/micro"
	"mozart/runner/report"
)

func (s *session) microGemmCommand() *cli.Command {
	d := micro.DefaultGemmSpec()
	return &cli.Command{
		Name:  "gemm",
		Usage: "cycles of a matrix product on systolic arrays",
		Description: "A product of M x K by K x N elements: from its shape and mapping alone, or with buffers of a\n" +
			"limited size and rate behind the array (--sram-kb, --operand-bandwidth). The mapping scalesim is that\n" +
			"of SCALE-Sim, folds one after another; the others overlap them. docs/tiles.md has the laws.\n\n" +
			"Example: mozart micro gemm --array 16x16 --dataflow ws --m 256 --k 2048 --n 1024 --mapping scalesim",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "array", Value: fmt.Sprintf("%dx%d", d.Rows, d.Cols), Usage: "`RxC`: rows and columns of processing elements of an array"},
			&cli.StringFlag{Name: "dataflow", Value: string(d.Dataflow), Usage: "what stays in the array: " + oneOf(namesOf(tile.Dataflows())) + ", for outputs, weights and inputs"},
			&cli.Int64Flag{Name: "m", Usage: "rows of the left operand and of the result; required"},
			&cli.Int64Flag{Name: "k", Usage: "columns of the left and rows of the right operand; required"},
			&cli.Int64Flag{Name: "n", Usage: "columns of the right operand and of the result; required"},
			&cli.Int64Flag{Name: "count", Value: d.Count, Usage: "products of that size"},
			&cli.StringFlag{Name: "mapping", Value: string(d.Mapping), Usage: "`MAPPING` of the product to arrays: " + oneOf(namesOf(tile.Mappings()))},
			&cli.StringFlag{Name: "fill-drain", Value: string(d.FillDrain), Usage: "whether an array fills while it drains: " + oneOf(namesOf(tile.FillDrains())) + "; always serial in the mapping scalesim"},
			&cli.IntFlag{Name: "tiles", Value: d.Tiles, Usage: "tiles that share the product"},
			&cli.IntFlag{Name: "arrays-per-tile", Value: d.ArraysPerTile, Usage: "arrays of a tile"},
			&cli.Int64Flag{Name: "sram-kb", Usage: "size of each operand's buffer and the result's, in `KiB` of elements of a byte", DefaultText: "no limit"},
			&cli.Int64Flag{Name: "operand-bandwidth", Usage: "`ELEMENTS_PER_CYCLE` to or from each buffer", DefaultText: "no limit"},
			jsonFlag(),
		},
		Action: s.microGemm,
	}
}

// namesOf are the names of a kind.
func namesOf[T ~string](values []T) []string {
	var names []string
	for _, v := range values {
		names = append(names, string(v))
	}
	return names
}

// gemmSchema is the version of what --json prints.
const gemmSchema = "mozart.micro-gemm/1"

// gemmReport is what `micro gemm --json` prints.
type gemmReport struct {
	Schema           string         `json:"schema"`
	Array            string         `json:"array"`
	Dataflow         tile.Dataflow  `json:"dataflow"`
	M                int64          `json:"m"`
	K                int64          `json:"k"`
	N                int64          `json:"n"`
	Count            int64          `json:"count"`
	Mapping          tile.Mapping   `json:"mapping"`
	FillDrain        tile.FillDrain `json:"fill_drain"`
	Tiles            int            `json:"tiles"`
	ArraysPerTile    int            `json:"arrays_per_tile"`
	SRAMKB           int64          `json:"sram_kb,omitempty"`
	OperandBandwidth int64          `json:"operand_bandwidth,omitempty"`
	*micro.GemmResult
	WallS float64 `json:"wall_s"`
}

func (s *session) microGemm(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	spec, err := gemmSpecOf(c)
	if err != nil {
		return err
	}
	began := time.Now()
	result, err := micro.Gemm(spec)
	if err != nil {
		return flagErrors(err)
	}
	r := gemmReport{
		Schema: gemmSchema, Array: fmt.Sprintf("%dx%d", spec.Rows, spec.Cols), Dataflow: spec.Dataflow,
		M: spec.M, K: spec.K, N: spec.N, Count: spec.Count, Mapping: spec.Mapping, FillDrain: spec.FillDrain,
		Tiles: spec.Tiles, ArraysPerTile: spec.ArraysPerTile, SRAMKB: spec.SRAMKB, OperandBandwidth: spec.OperandBandwidth,
		GemmResult: result, WallS: time.Since(began).Seconds(),
	}
	if spec.Mapping == tile.ScaleSim {
		r.FillDrain = tile.Serial // whatever the flag says
	}
	if c.Bool("json") {
		return s.printJSON(r)
	}
	return r.table().Write(s.stdout, s.style)
}

// gemmSpecOf reads the flags; every error is one of the input.
func gemmSpecOf(c *cli.Context) (micro.GemmSpec, error) {
	spec := micro.GemmSpec{
		Tiles: c.Int("tiles"), ArraysPerTile: c.Int("arrays-per-tile"),
		Dataflow: tile.Dataflow(c.String("dataflow")), Mapping: tile.Mapping(c.String("mapping")), FillDrain: tile.FillDrain(c.String("fill-drain")),
		M: c.Int64("m"), K: c.Int64("k"), N: c.Int64("n"), Count: c.Int64("count"),
		SRAMKB: c.Int64("sram-kb"), OperandBandwidth: c.Int64("operand-bandwidth"),
	}
	var missing []string
	for _, name := range []string{"m", "k", "n"} {
		if !c.IsSet(name) {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return spec, usage("micro gemm: %s missing, want the sizes of a product: --m, --k and --n", strings.Join(missing, ", "))
	}
	for _, flag := range []struct {
		name  string
		valid []string
	}{
		{"dataflow", namesOf(tile.Dataflows())}, {"mapping", namesOf(tile.Mappings())}, {"fill-drain", namesOf(tile.FillDrains())},
	} {
		if err := knownName(c, flag.name, flag.valid); err != nil {
			return spec, err
		}
	}
	if spec.SRAMKB == 0 && c.IsSet("sram-kb") || spec.OperandBandwidth == 0 && c.IsSet("operand-bandwidth") {
		return spec, usage("--sram-kb, --operand-bandwidth: found 0, want at least 1")
	}
	if c.IsSet("sram-kb") != c.IsSet("operand-bandwidth") {
		return spec, usage("--sram-kb, --operand-bandwidth: found one of them, want both or none")
	}
	var err error
	spec.Rows, spec.Cols, err = arraySides(c.String("array"))
	return spec, err
}

// knownName checks a flag whose value is one of a few names.
func knownName(c *cli.Context, flag string, valid []string) error {
	name := c.String(flag)
	for _, v := range valid {
		if v == name {
			return nil
		}
	}
	return unknown(flag, name, valid)
}

// arraySides reads "16x16", rows first.
func arraySides(text string) (rows, cols int, err error) {
	first, second, _ := strings.Cut(text, "x")
	rows, errRows := strconv.Atoi(first)
	cols, errCols := strconv.Atoi(second)
	if errRows != nil || errCols != nil {
		return 0, 0, usage("--array: found %q, want rows x columns, like 16x16", text)
	}
	return rows, cols, nil
}

// flagErrors puts dashes before the names at the start of each line of an error.
func flagErrors(err error) error {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		flags, what, _ := strings.Cut(line, ": ")
		lines[i] = "--" + strings.ReplaceAll(flags, ", ", ", --") + ": " + what
	}
	return &inputError{errors.New(strings.Join(lines, "\n"))}
}

func (r *gemmReport) table() *report.Table {
	t := &report.Table{
		Title:  fmt.Sprintf("%d x %d times %d x %d on %s, %s, mapping %s", r.M, r.K, r.K, r.N, r.arrays(), r.Dataflow, r.Mapping),
		Header: []string{"", "", ""}, Align: "lrl",
	}
	row := func(name, unit string, value int64) {
		t.Rows = append(t.Rows, []string{name, fmt.Sprint(value), unit})
	}
	row("cycles", "", r.Cycles)
	row("stalled", "cycles of these", r.StallCycles)
	t.Rows = append(t.Rows, []string{"utilization", decimals(100*r.Utilization, 2), "% of the multiplications of that time"})
	row("folds", "of the busiest array", r.Folds)
	row("first fold", "cycles", r.FirstFoldCycles)
	row("each next fold", "cycles more", r.NextFoldCycles)
	t.Rows = append(t.Rows, []string{"mapping", string(r.ChosenMapping), r.cuts()})
	row("SRAM reads", "elements of the left operand", r.SRAMReadsA)
	row("", "elements of the right operand", r.SRAMReadsB)
	if r.SRAMReadsSums > 0 {
		row("", "partial sums, written as often", r.SRAMReadsSums)
	}
	row("SRAM writes", "results", r.SRAMWritesResult)
	if m := r.Memory; m != nil {
		row("prefetch", "cycles before the first", m.PrefetchCycles)
		row("drain", "cycles after the last", m.DrainCycles)
		row("fetched", "elements of the left operand", m.FetchedA)
		row("", "elements of the right operand", m.FetchedB)
		row("written", "results and partial sums", m.Written)
	}
	if r.SCALESimCycles != nil {
		row("SCALE-Sim", "cycles, as it counts them", *r.SCALESimCycles)
	}
	return t
}

func (r *gemmReport) arrays() string {
	if n := r.Tiles * r.ArraysPerTile; n > 1 {
		return fmt.Sprintf("%d arrays of %s", n, r.Array)
	}
	return "an array of " + r.Array
}

// cuts says into how many parts, on different arrays, the streaming dimension is cut,
// and those for room in SRAM.
func (r *gemmReport) cuts() string {
	return fmt.Sprintf("what streams in %d x %d parts, for arrays and for room", r.Splits, r.Blocks)
}
