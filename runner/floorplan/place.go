package floorplan

import (
	"cmp"
	"slices"
)

// Kind says what a site holds.
type Kind string

// The kinds of sites.
const (
	Attention Kind = "attention"
	Expert    Kind = "expert"
	Router    Kind = "switch"
	Stack     Kind = "stack"
)

// NoGroup is the group of what belongs to none.
const NoGroup = -1

// Site is a die with its name and group.
type Site struct {
	Name  string
	Kind  Kind
	Group int
	Die   Die
}

// Placed is a site with the corner of its footprint that is nearest to the origin.
type Placed struct {
	Site
	XMM, YMM float64
}

// Plan is a package: its dies on an interposer.
type Plan struct {
	WidthMM, HeightMM float64
	Dies              []Placed
}

// Place lays out dies: a row for each group, half of them below the row of the
// attention chiplet and of all that belongs to no group, the others above it. Dies of a
// row are in the order of the sites, centered.
func (s Spec) Place(sites []Site) Plan {
	rows := rowsOf(sites)
	gap := s.Spacing.Millimeters()
	p := Plan{HeightMM: gap}
	for _, row := range rows {
		width := gap
		for _, d := range row {
			width += d.Die.EdgeMM() + gap
		}
		p.WidthMM = max(p.WidthMM, width)
	}
	for _, row := range rows {
		width, height := gap, 0.0
		for _, d := range row {
			width += d.Die.EdgeMM() + gap
			height = max(height, d.Die.EdgeMM())
		}
		x := (p.WidthMM-width)/2 + gap
		for _, d := range row {
			edge := d.Die.EdgeMM()
			p.Dies = append(p.Dies, Placed{d, x, p.HeightMM + (height-edge)/2})
			x += edge + gap
		}
		p.HeightMM += height + gap
	}
	return p
}

// rowsOf sorts sites into rows, from the bottom up.
func rowsOf(sites []Site) [][]Site {
	var groups []int
	for _, s := range sites {
		if s.Group != NoGroup && !slices.Contains(groups, s.Group) {
			groups = append(groups, s.Group)
		}
	}
	slices.SortFunc(groups, cmp.Compare[int])
	order := slices.Insert(groups, len(groups)/2, NoGroup)
	var rows [][]Site
	for _, g := range order {
		var row []Site
		for _, s := range sites {
			if s.Group == g {
				row = append(row, s)
			}
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

// Areas are sums over the dies of a package, in mm2.
type Areas struct {
	// Chiplets and Switches are footprints, Stacks those of the stacks.
	Chiplets, Switches, Stacks float64
	// Active is the area of transistors of chiplets and switches: of the SRAM dies too.
	Active float64
	// Interposer is the area that the dies lie on.
	Interposer float64
}

// Silicon is what dies and stacks take seen from above.
func (a Areas) Silicon() float64 { return a.Chiplets + a.Switches + a.Stacks }

// Areas adds up the dies.
func (p Plan) Areas() Areas {
	a := Areas{Interposer: p.WidthMM * p.HeightMM}
	for _, d := range p.Dies {
		switch d.Kind {
		case Stack:
			a.Stacks += d.Die.FootprintMM2()
			continue
		case Router:
			a.Switches += d.Die.FootprintMM2()
		default:
			a.Chiplets += d.Die.FootprintMM2()
		}
		a.Active += d.Die.ActiveMM2()
	}
	return a
}
