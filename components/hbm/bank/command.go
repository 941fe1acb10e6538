package bank

import "fmt"

// Kind is a DRAM command.
type Kind uint8

// The commands of a controller. A column command with A closes its row as soon as
// the row may be closed.
const (
	ACT  Kind = iota // open a row
	PRE              // close the row of a bank
	PREA             // close the rows of all banks of a pseudo-channel
	RD               // read a burst
	RDA              // read a burst, then close
	WR               // write a burst
	WRA              // write a burst, then close
	REF              // refresh all banks of a pseudo-channel
	REFB             // refresh one bank
	kinds
)

// String is the command's usual abbreviation.
func (k Kind) String() string {
	if k >= kinds {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return [kinds]string{"ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF", "REFB"}[k]
}

// Column says whether the command uses the column command bus and the data bus.
func (k Kind) Column() bool { return k >= RD && k <= WRA }

// Command is one command on a command bus. Fields that it has no use for are zero:
// PREA and REF have no bank, PRE and REFB no row, only column commands a column.
type Command struct {
	Cycle int64 // its first cycle
	Kind  Kind
	Location
}
