package energy

import (
	"fmt"

	"mozart/configs/units"
)

// Entry is the energy of one part for one cause.
type Entry struct {
	// Component is the part's name, such as Expert[3].SRAM.
	Component string
	// Place says what kind of part it is, such as "expert chiplets".
	Place string
	// Cause is the name of an Event, or Static.
	Cause string
	// Columns has the energy by phase, or by window of time.
	Columns []Nanojoules
}

// Total is the energy of the entry.
func (e *Entry) Total() Nanojoules {
	sum := Nanojoules(0)
	for _, n := range e.Columns {
		sum += n
	}
	return sum
}

// Ledger collects the energy of a package. Entries are in the order in which they were
// written.
type Ledger struct {
	spec    Spec
	clock   units.Frequency
	columns int
	Entries []Entry
}

// NewLedger makes an empty ledger of so many columns, at least one, for a valid Spec
// and a clock above 0.
func NewLedger(s Spec, clock units.Frequency, columns int) (*Ledger, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("energy: %w", err)
	}
	if clock <= 0 || columns < 1 {
		return nil, fmt.Errorf("energy: %d columns at %v, want at least 1 at a clock above 0 Hz", columns, clock)
	}
	return &Ledger{spec: s, clock: clock, columns: columns}, nil
}

// Columns is the number of columns.
func (l *Ledger) Columns() int { return l.columns }

// Spec returns the prices.
func (l *Ledger) Spec() Spec { return l.spec }

// Book writes an entry for events of which counts says how many there were in each
// column.
func (l *Ledger) Book(component, place string, e Event, counts []int64) {
	cells := make([]Nanojoules, l.columns)
	price := l.spec.Price(e)
	for i, n := range counts {
		cells[i] = Cost(n, price)
	}
	l.Entries = append(l.Entries, Entry{component, place, e.String(), cells})
}

// Draw writes an entry for a part that draws a power all the time; cycles says how
// long each column is.
func (l *Ledger) Draw(component, place string, p units.Power, cycles []int64) {
	cells := make([]Nanojoules, l.columns)
	for i, n := range cycles {
		cells[i] = Drawn(p, n, l.clock)
	}
	l.Entries = append(l.Entries, Entry{component, place, Static, cells})
}

// Total is the sum of all cells.
func (l *Ledger) Total() Nanojoules {
	sum := Nanojoules(0)
	for i := range l.Entries {
		sum += l.Entries[i].Total()
	}
	return sum
}

// ByColumn is the sum of all entries, by column.
func (l *Ledger) ByColumn() []Nanojoules {
	sums := make([]Nanojoules, l.columns)
	for i := range l.Entries {
		for c, n := range l.Entries[i].Columns {
			sums[c] += n
		}
	}
	return sums
}

// ByPlace adds up the entries of one place and cause, in the order in which places and
// causes come first. Component is empty in what it returns.
func (l *Ledger) ByPlace() []Entry {
	type key struct{ place, cause string }
	at := map[key]int{}
	var sums []Entry
	for i := range l.Entries {
		e := &l.Entries[i]
		k := key{e.Place, e.Cause}
		n, known := at[k]
		if !known {
			n = len(sums)
			at[k] = n
			sums = append(sums, Entry{Place: e.Place, Cause: e.Cause, Columns: make([]Nanojoules, l.columns)})
		}
		for c, v := range e.Columns {
			sums[n].Columns[c] += v
		}
	}
	return sums
}
