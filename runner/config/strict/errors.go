package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is the place where a value was written.
type Position struct {
	// File is the file's name, or "--set key=value" for an assignment. It is
	// empty if nothing was written at all.
	File string
	// Line and Column count from 1; 0 is unknown.
	Line, Column int
	// Default is set if the key itself is not written, so that its value is a
	// default. The place is then that of the nearest key around it.
	Default bool
}

// String is file:line:column, as far as known.
func (p Position) String() string {
	switch {
	case p.File == "":
		return "defaults"
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is one thing wrong with a config.
type Error struct {
	Position
	Key     string // dotted path: hbm.stacks[2].rate; empty for the whole file
	Found   string // the value found, in words
	Want    string // what is allowed; may be empty
	Nearest string // a name that was probably meant; may be empty
}

// Error is one line:
//
//	file:line:column: key: found X, want Y (did you mean "z"?)
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Position.String())
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key)
		if e.Default {
			b.WriteString(" (by default)")
		}
		b.WriteString(": ")
	}
	b.WriteString("found ")
	b.WriteString(e.Found)
	if e.Want != "" {
		b.WriteString(", want ")
		b.WriteString(e.Want)
	}
	if e.Nearest != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", e.Nearest)
	}
	return b.String()
}

// Errors are all the things wrong with a config.
type Errors []Error

// Error has one line per error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is the sorted list as an error, or nil if it is empty.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e.sorted()
}

// sorted orders by file, line, column and key, with what has no line (an
// assignment, a default) last.
func (e Errors) sorted() Errors {
	s := slices.Clone(e)
	slices.SortStableFunc(s, func(a, b Error) int {
		if noLine := compareBool(a.Line == 0, b.Line == 0); noLine != 0 {
			return noLine
		}
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Key, b.Key),
		)
	})
	return s
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
