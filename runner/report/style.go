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
	b.WriteString(s.title(t.Title) + "\n") // a title of the writer's own is broken at the width of the table
	for line := range strings.Lines(w.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

func (s Style) title(title string) string {
	if !s.Color {
		return title
	}
	return text.Colors{text.Bold}.Sprint(title)
}

func (s Style) table() table.Style {
	style := table.StyleLight
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Format.Header = text.FormatDefault
	if s.Color {
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
