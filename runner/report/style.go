package report

import (
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Style says how tables look.
type Style struct{ Color bool }

// Table is a table of texts for people.
type Table struct {
	Title  string
	Header []string
	// Align has a letter per column: l for left, r for right.
	Align string
	Rows  [][]string
}

// Write writes the table and an empty line.
func (t Table) Write(w io.Writer, s Style) error {
	_, err := io.WriteString(w, t.render(s)+"\n")
	return err
}

// render ends with a newline; no line ends in spaces.
func (t Table) render(s Style) string {
	w := table.NewWriter()
	w.SetStyle(s.table())
	w.SetTitle("%s", t.Title)
	w.AppendHeader(row(t.Header))
	for _, r := range t.Rows {
		w.AppendRow(row(r))
	}
	var columns []table.ColumnConfig
	for i, a := range t.Align {
		align := text.AlignLeft
		if a == 'r' {
			align = text.AlignRight
		}
		columns = append(columns, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align})
	}
	w.SetColumnConfigs(columns)
	var b strings.Builder
	for line := range strings.Lines(w.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

func (s Style) table() table.Style {
	style := table.StyleLight
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Format.Header = text.FormatDefault
	if s.Color {
		style.Title.Colors = text.Colors{text.Bold}
		style.Color.Header = text.Colors{text.Faint}
	}
	return style
}

func row(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = c
	}
	return r
}
