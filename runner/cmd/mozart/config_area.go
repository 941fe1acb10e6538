package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"mozart/components/chiplet"
	"mozart/interconnect/topology"
	"mozart/runner/config"
	"mozart/runner/energy"
	"mozart/runner/floorplan"
	"mozart/runner/report"
)

func (s *session) configAreaCommand() *cli.Command {
	return &cli.Command{
		Name: "area", Usage: "areas, wires and power of a package beside the paper's", ArgsUsage: "EXPERIMENT...",
		Description: "Works out the area of every die, the wires that fit its edges, and the power at rest and with\n" +
			"every part busy, and compares the package with the three rows of the paper. Nothing is emulated.\n\n" +
			"Example: mozart config area qwen3-mozart-c --set hardware.expert_chiplet.tile.tiles=64",
		Flags: []cli.Flag{setFlag(), jsonFlag()}, Action: s.configArea, BashComplete: completeExperiments,
	}
}

// areaSchema is the version of what config area --json prints.
const areaSchema = "mozart.area/1"

type areaReport struct {
	Schema   string        `json:"schema"`
	Packages []areaPackage `json:"packages"`
}

// areaPackage is the package of an experiment.
type areaPackage struct {
	Experiment string        `json:"experiment"`
	Model      string        `json:"model"`
	Chiplets   []areaChiplet `json:"chiplets"`
	Links      []areaLink    `json:"links"`
	// Areas in mm2 as seen from above; Active is the area of transistors, of the SRAM
	// bonded to chiplets too.
	ChipletsMM2   float64 `json:"chiplets_mm2"`
	SwitchesMM2   float64 `json:"switches_mm2"`
	StacksMM2     float64 `json:"stacks_mm2"`
	SiliconMM2    float64 `json:"silicon_mm2"`
	InterposerMM2 float64 `json:"interposer_mm2"`
	ActiveMM2     float64 `json:"active_mm2"`
	// StaticW is drawn at rest, PeakW if every part is busy all the time.
	StaticW float64     `json:"static_w"`
	PeakW   float64     `json:"peak_w"`
	Peak    []areaPower `json:"peak"`
	Paper   []areaPaper `json:"paper"`
}

// areaChiplet is one kind of chiplets.
type areaChiplet struct {
	Kind         string  `json:"kind"`
	Count        int     `json:"count"`
	Tiles        int     `json:"tiles"`
	PEs          int64   `json:"pes"`
	LogicMM2     float64 `json:"logic_mm2"`
	SRAMMM2      float64 `json:"sram_mm2"`
	FootprintMM2 float64 `json:"footprint_mm2"`
	EdgeMM       float64 `json:"edge_mm"`
	// Wires leave the chiplet in both directions; EdgeWires fit one edge.
	Wires     int64 `json:"wires"`
	EdgeWires int64 `json:"edge_wires"`
	// BondWires fit between the dies; at the rate of a wire they carry BondBytesPerS, and
	// the SRAM SRAMBytesPerS.
	BondWires     int64   `json:"bond_wires"`
	BondBytesPerS float64 `json:"bond_bytes_per_s"`
	SRAMBytesPerS float64 `json:"sram_bytes_per_s"`
}

// areaLink is the links of one level.
type areaLink struct {
	Level string `json:"level"`
	Count int    `json:"count"`
	Wires int64  `json:"wires"`
	// EdgeWires fit one edge of the smallest chiplet at the link, per direction; 0 if there
	// is none.
	EdgeWires int64 `json:"edge_wires"`
}

type areaPower struct {
	Cause string  `json:"cause"`
	W     float64 `json:"w"`
}

// areaPaper is a row of the paper; errors are ours over the paper's, less 1.
type areaPaper struct {
	Model        string  `json:"model"`
	AreaMM2      float64 `json:"area_mm2"`
	PowerW       float64 `json:"power_w"`
	AreaError    float64 `json:"area_error"`
	StaticError  float64 `json:"static_power_error"`
	PeakError    float64 `json:"peak_power_error"`
	IsExperiment bool    `json:"is_experiment"`
}

func (s *session) configArea(c *cli.Context) error {
	if c.NArg() < 1 {
		return usage("config area takes EXPERIMENT..., found nothing")
	}
	all := areaReport{Schema: areaSchema}
	for _, name := range c.Args().Slice() {
		x, err := config.Load(name, c.StringSlice("set"))
		if err != nil {
			return err
		}
		p, err := areaOf(x)
		if err != nil {
			return err
		}
		all.Packages = append(all.Packages, p)
	}
	if c.Bool("json") {
		return s.printJSON(all)
	}
	for _, p := range all.Packages {
		if err := s.showArea(p); err != nil {
			return err
		}
	}
	return nil
}

// areaOf works out the package of an experiment.
func areaOf(x *config.Experiment) (areaPackage, error) {
	h := x.Hardware
	g, err := h.Graph()
	if err != nil {
		return areaPackage{}, err
	}
	plan := h.Area.Place(h.Sites(g, x.Model.Bytes(int64(x.Model.Hidden))))
	a := plan.Areas()
	p := areaPackage{
		Experiment: x.Name, Model: x.Model.Name, ChipletsMM2: a.Chiplets, SwitchesMM2: a.Switches, StacksMM2: a.Stacks,
		SiliconMM2: a.Silicon(), InterposerMM2: a.Interposer, ActiveMM2: a.Active, StaticW: h.StaticPower(plan).Watts(),
	}
	p.PeakW = p.StaticW
	for e, w := range h.Energy.Power(h.PeakRates(g)) {
		p.Peak = append(p.Peak, areaPower{energy.Event(e).String(), w})
		p.PeakW += w
	}
	for _, kind := range []struct {
		kind floorplan.Kind
		spec chiplet.Spec
	}{{floorplan.Attention, h.AttentionChiplet}, {floorplan.Expert, h.ExpertChiplet}} {
		p.Chiplets = append(p.Chiplets, areaOfChiplets(h, plan, kind.kind, kind.spec))
	}
	p.Links = areaOfLinks(h, g, plan)
	for _, row := range floorplan.Paper() {
		p.Paper = append(p.Paper, areaPaper{
			Model: row.Model, AreaMM2: row.AreaMM2, PowerW: row.PowerW, AreaError: p.SiliconMM2/row.AreaMM2 - 1,
			StaticError: p.StaticW/row.PowerW - 1, PeakError: p.PeakW/row.PowerW - 1, IsExperiment: row.Model == x.Model.Name,
		})
	}
	return p, nil
}

// areaOfChiplets describes the chiplets of a kind, of which the first stands for all.
func areaOfChiplets(h config.Hardware, plan floorplan.Plan, kind floorplan.Kind, spec chiplet.Spec) areaChiplet {
	t := spec.Tile
	a := areaChiplet{Kind: string(kind), Tiles: t.Tiles, PEs: t.PeakFLOPsPerCycle() / 2, SRAMBytesPerS: t.TotalSRAMBandwidth().BytesPerSecond()}
	for _, d := range plan.Dies {
		if d.Kind != kind {
			continue
		}
		a.Count++
		a.LogicMM2, a.SRAMMM2, a.FootprintMM2, a.EdgeMM = d.Die.Logic.MM2(), d.Die.Memory.MM2(), d.Die.FootprintMM2(), d.Die.EdgeMM()
		a.Wires = d.Die.Wires
	}
	a.EdgeWires = h.Area.EdgeWires(a.EdgeMM)
	a.BondWires = h.Area.BondWires(a.FootprintMM2)
	a.BondBytesPerS = float64(a.BondWires) * h.Links.WireRate.BytesPerSecond()
	return a
}

// areaOfLinks lists links by level and width, in the order in which each comes first.
func areaOfLinks(h config.Hardware, g *topology.Graph, plan floorplan.Plan) []areaLink {
	edge := map[string]float64{}
	for _, d := range plan.Dies {
		if d.Kind == floorplan.Attention || d.Kind == floorplan.Expert {
			edge[d.Name] = d.Die.EdgeMM()
		}
	}
	type key struct {
		level topology.Level
		wires int64
	}
	at := map[key]int{}
	var links []areaLink
	for _, e := range g.Edges() {
		k := key{e.Level, h.WiresOf(e)}
		i, known := at[k]
		if !known {
			i = len(links)
			at[k] = i
			links = append(links, areaLink{Level: e.Level.String(), Wires: k.wires})
		}
		links[i].Count++
		for _, n := range [2]topology.Node{g.Node(e.A), g.Node(e.B)} {
			mm, chiplet := edge[n.Name]
			if fit := h.Area.EdgeWires(mm); chiplet && (links[i].EdgeWires == 0 || fit < links[i].EdgeWires) {
				links[i].EdgeWires = fit
			}
		}
	}
	return links
}

func (s *session) showArea(p areaPackage) error {
	if err := s.printf("%s: %s\n\n", p.Experiment, p.Model); err != nil {
		return err
	}
	for _, t := range []report.Table{areaTable(p), wireTable(p), powerTable(p), paperTable(p)} {
		if err := t.Write(s.stdout, s.style); err != nil {
			return err
		}
	}
	return nil
}

func mm2(v float64) string { return fmt.Sprintf("%.1f", v) }

func areaTable(p areaPackage) report.Table {
	t := report.Table{
		Title:  "Areas in mm2",
		Header: []string{"die", "count", "tiles", "PEs", "logic", "SRAM on it", "footprint", "all"}, Align: "lrrrrrrr",
	}
	for _, c := range p.Chiplets {
		t.Rows = append(t.Rows, []string{
			c.Kind + " chiplet", fmt.Sprint(c.Count), fmt.Sprint(c.Tiles), fmt.Sprint(c.PEs),
			mm2(c.LogicMM2), mm2(c.SRAMMM2), mm2(c.FootprintMM2), mm2(c.FootprintMM2 * float64(c.Count)),
		})
	}
	for _, r := range []struct {
		name string
		area float64
	}{{"switches", p.SwitchesMM2}, {"stacks", p.StacksMM2}, {"silicon from above", p.SiliconMM2}, {"transistors, without stacks", p.ActiveMM2}, {"interposer", p.InterposerMM2}} {
		t.Rows = append(t.Rows, []string{r.name, "", "", "", "", "", "", mm2(r.area)})
	}
	return t
}

func wireTable(p areaPackage) report.Table {
	t := report.Table{
		Title:  "Wires: of a link per direction, of a chiplet both directions of all its links, of a bond all",
		Header: []string{"wires of", "count", "wires", "fit one edge", "edge", "carry", "needed"}, Align: "lrrrrrr",
	}
	for _, l := range p.Links {
		fit := "-"
		if l.EdgeWires > 0 {
			fit = fmt.Sprint(l.EdgeWires)
		}
		t.Rows = append(t.Rows, []string{l.Level + " link", fmt.Sprint(l.Count), fmt.Sprint(l.Wires), fit, "", "", ""})
	}
	for _, c := range p.Chiplets {
		t.Rows = append(t.Rows,
			[]string{c.Kind + " chiplet", fmt.Sprint(c.Count), fmt.Sprint(c.Wires), fmt.Sprint(c.EdgeWires), fmt.Sprintf("%.1f mm", c.EdgeMM), "", ""},
			[]string{"its bond to SRAM", fmt.Sprint(c.Count), fmt.Sprint(c.BondWires), "", "", fmt.Sprintf("%.1f TB/s", c.BondBytesPerS/1e12), fmt.Sprintf("%.1f TB/s", c.SRAMBytesPerS/1e12)})
	}
	return t
}

func powerTable(p areaPackage) report.Table {
	t := report.Table{Title: "Power in W", Header: []string{"cause", "at rest", "every part busy"}, Align: "lrr"}
	for _, e := range p.Peak {
		t.Rows = append(t.Rows, []string{e.Cause, "", mm2(e.W)})
	}
	t.Rows = append(t.Rows, []string{energy.Static, mm2(p.StaticW), mm2(p.StaticW)}, []string{"sum", mm2(p.StaticW), mm2(p.PeakW)})
	return t
}

func paperTable(p areaPackage) report.Table {
	t := report.Table{
		Title:  "Beside the paper: this package, less the paper's (* the model of this experiment)",
		Header: []string{"paper's system for", "area, mm2", "this", "power, W", "at rest", "every part busy"}, Align: "lrrrrr",
	}
	for _, r := range p.Paper {
		name := r.Model
		if r.IsExperiment {
			name += " *"
		}
		t.Rows = append(t.Rows, []string{
			name, fmt.Sprintf("%.0f", r.AreaMM2), fmt.Sprintf("%.0f (%+.0f%%)", p.SiliconMM2, 100*r.AreaError),
			fmt.Sprintf("%.0f", r.PowerW), fmt.Sprintf("%.0f (%+.0f%%)", p.StaticW, 100*r.StaticError), fmt.Sprintf("%.0f (%+.0f%%)", p.PeakW, 100*r.PeakError),
		})
	}
	return t
}
