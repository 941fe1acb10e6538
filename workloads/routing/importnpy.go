package routing

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ArraySpec says how the expert ids lie in an array.
type ArraySpec struct {
	// Axes names what each axis counts, outermost first: each of AxisToken, AxisLayer
	// and AxisExpert once, and AxisSequence at most once. Nil is DefaultAxes.
	Axes []string
	// Sequences holds the length of each sequence, in tokens. Nil is one sequence. It
	// must be nil if there is a sequence axis.
	Sequences []int
}

// Names of axes.
const (
	AxisSequence = "sequence"
	AxisToken    = "token"
	AxisLayer    = "layer"
	AxisExpert   = "expert"
)

// DefaultAxes returns the order of axes of a recording that was appended token by
// token.
func DefaultAxes() []string { return []string{AxisToken, AxisLayer, AxisExpert} }

// ImportNPY reads expert ids in rank order from a NumPy array of whole numbers of any
// size and byte order, in C or Fortran order, plain or gzip. It reads format versions
// 1 to 3. Columns of the spec mean nothing.
func ImportNPY(r io.Reader, spec ImportSpec, array ArraySpec) (*Trace, error) {
	t, err := readArray(r, spec, array)
	if err != nil {
		return nil, fmt.Errorf("routing import: array: %w", err)
	}
	return t, nil
}

// ImportNPZ reads one array of an NPZ archive of so many bytes as ImportNPY does. The
// name may be empty if there is only one array.
func ImportNPZ(r io.ReaderAt, size int64, name string, spec ImportSpec, array ArraySpec) (*Trace, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("routing import: NPZ archive: %w", err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, strings.TrimSuffix(f.Name, ".npy"))
	}
	at := slices.Index(names, name)
	if name == "" && len(names) == 1 {
		at = 0
	}
	if at < 0 {
		return nil, fmt.Errorf("routing import: NPZ archive: found no array %q, want one of %q", name, names)
	}
	in, err := archive.File[at].Open()
	if err != nil {
		return nil, fmt.Errorf("routing import: NPZ archive: %s: %w", names[at], err)
	}
	defer in.Close()
	t, err := readArray(in, spec, array)
	if err != nil {
		return nil, fmt.Errorf("routing import: NPZ archive: array %s: %w", names[at], err)
	}
	return t, nil
}

// readArray reads an array to its end.
func readArray(r io.Reader, spec ImportSpec, array ArraySpec) (*Trace, error) {
	if spec.Columns.Experts == "" {
		spec.Columns = DefaultColumns()
	}
	if err := spec.validate(); err != nil {
		return nil, err
	}
	in, err := gunzip(r)
	if err != nil {
		return nil, err
	}
	h, err := readNPYHeader(in)
	if err != nil {
		return nil, err
	}
	g, err := newGrid(h, spec, array)
	if err != nil {
		return nil, err
	}
	// Memory grows with what is read, not with what the header promises.
	cells, err := readCells(in, h, g.cells, spec.Experts)
	if err != nil {
		return nil, err
	}
	if g.sequences == nil {
		g.sequences = EqualSequences(g.count, g.perSeq)
	}
	t := &Trace{Model: spec.Model, Experts: spec.Experts, TopK: spec.TopK, Tokens: g.tokens, Sequences: g.sequences, Layers: make([]Layer, spec.Layers)}
	for i := range t.Layers {
		t.Layers[i].IDs = make([]uint16, g.tokens*spec.TopK)
	}
	g.scatter(cells, t)
	return t, t.Validate()
}

// readCells reads n whole numbers below limit.
func readCells(in *bufio.Reader, h npyHeader, n, limit int) ([]uint16, error) {
	var cells []uint16
	buffer := make([]byte, h.bytes*4096)
	for len(cells) < n {
		part := buffer[:min(len(buffer), (n-len(cells))*h.bytes)]
		if got, err := io.ReadFull(in, part); err != nil {
			return nil, fmt.Errorf("found the end after %d numbers, want %d: %w", len(cells)+got/h.bytes, n, err)
		}
		for ; len(part) > 0; part = part[h.bytes:] {
			v := h.value(part)
			if v >= uint64(limit) {
				return nil, fmt.Errorf("number %d: found expert %s, want 0..%d", len(cells), h.text(v), limit-1)
			}
			cells = append(cells, uint16(v))
		}
	}
	if extra, err := in.Peek(1); len(extra) > 0 {
		return nil, fmt.Errorf("found more bytes after %d numbers", n)
	} else if err != io.EOF {
		return nil, err
	}
	return cells, nil
}

// grid says where each number of an array belongs.
type grid struct {
	shape     []int
	fortran   bool
	cells     int
	tokens    int
	sequences []int // nil with a sequence axis
	// count and perSeq are the sequences of a sequence axis and the tokens of each.
	count, perSeq int
	// axis holds the positions of sequence (or -1), token, layer and expert.
	axis [4]int
}

func newGrid(h npyHeader, spec ImportSpec, array ArraySpec) (*grid, error) {
	axes := array.Axes
	if axes == nil {
		axes = DefaultAxes()
	}
	g := &grid{shape: h.shape, fortran: h.fortran}
	for i, name := range []string{AxisSequence, AxisToken, AxisLayer, AxisExpert} {
		g.axis[i] = slices.Index(axes, name)
		if g.axis[i] < 0 && name != AxisSequence {
			return nil, fmt.Errorf("axes %q lack %q", axes, name)
		}
	}
	want := 3
	if g.axis[0] >= 0 {
		want = 4
	}
	if len(axes) != want {
		return nil, fmt.Errorf("found axes %q, want token, layer and expert once each, and sequence at most once", axes)
	}
	if len(h.shape) != want {
		return nil, fmt.Errorf("found %d axes of lengths %v, want %d: %s", len(h.shape), h.shape, want, strings.Join(axes, ", "))
	}
	if got := h.shape[g.axis[2]]; got != spec.Layers {
		return nil, fmt.Errorf("found %d layers in a shape of %v, want the model's %d MoE layers", got, h.shape, spec.Layers)
	}
	if got := h.shape[g.axis[3]]; got != spec.TopK {
		return nil, fmt.Errorf("found %d experts per token in a shape of %v, want the model's top-%d", got, h.shape, spec.TopK)
	}
	return g, g.divide(array.Sequences)
}

// divide counts tokens and divides them into sequences.
func (g *grid) divide(sequences []int) error {
	g.perSeq, g.cells = g.shape[g.axis[1]], 1
	g.tokens = g.perSeq
	if g.axis[0] >= 0 {
		n := g.shape[g.axis[0]]
		if sequences != nil {
			return fmt.Errorf("found the lengths of sequences beside a sequence axis")
		}
		if n > maxImportTokens || g.perSeq > maxImportTokens || n*g.perSeq > maxImportTokens {
			return fmt.Errorf("found more than %d tokens in a shape of %v", maxImportTokens, g.shape)
		}
		g.count, g.tokens = n, n*g.perSeq
	} else if sequences == nil {
		sequences = []int{g.tokens}
	}
	if g.tokens < 1 || g.tokens > maxImportTokens {
		return fmt.Errorf("found %d tokens, want 1..%d", g.tokens, maxImportTokens)
	}
	if total := sum(sequences); g.axis[0] < 0 && total != g.tokens {
		return fmt.Errorf("found %d tokens, want the %d of the sequences", g.tokens, total)
	}
	g.sequences = sequences
	for _, n := range g.shape {
		g.cells *= n
	}
	return nil
}

// scatter puts the numbers, in file order, where they belong.
func (g *grid) scatter(cells []uint16, t *Trace) {
	at := make([]int, len(g.shape)) // index of the number at hand on every axis
	for _, id := range cells {
		token := at[g.axis[1]]
		if g.axis[0] >= 0 {
			token += at[g.axis[0]] * g.perSeq
		}
		t.Layers[at[g.axis[2]]].IDs[token*t.TopK+at[g.axis[3]]] = id
		g.step(at)
	}
}

// step moves to the next number of a file: the last axis is the fastest in C order,
// the first in Fortran order.
func (g *grid) step(at []int) {
	for i := range at {
		if !g.fortran {
			i = len(at) - 1 - i
		}
		if at[i]++; at[i] < g.shape[i] {
			return
		}
		at[i] = 0
	}
}
