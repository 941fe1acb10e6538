package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"mozart/components/hbm"
	"mozart/components/tile"
	"mozart/configs"
	"mozart/configs/units"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config/strict"
)

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// validate checks the experiment as a whole; the tree says where keys stand, and
// known are the errors found so far.
func (x *Experiment) validate(tree *strict.Tree, known strict.Errors) strict.Errors {
	c := newCheck(tree, known)
	x.validateParts(c)
	c.know(c.errs)
	c.rule(keys("name"), validName.MatchString(x.Name), fmt.Sprintf("%q", x.Name), "a name of letters, digits, '.', '_' and '-', up to 100")
	x.validateWorkload(c)
	x.validateRouting(c)
	x.validateTopology(c)
	x.validateRates(c)
	x.validateBuffers(c)
	x.validateElements(c)
	x.validateFlit(c)
	return c.errs
}

// validateParts asks each part about its own Spec.
func (x *Experiment) validateParts(c *check) {
	c.part("model", x.Model.Validate()...)
	if x.Routing.Source == "synthetic" {
		c.part("routing.synthetic", x.Routing.Synthetic.Validate())
	}
	c.part("hardware.attention_chiplet", x.Hardware.AttentionChiplet.Validate())
	c.part("hardware.expert_chiplet", x.Hardware.ExpertChiplet.Validate())
	c.part("hardware.attention_stack", x.Hardware.AttentionStack.Validate())
	c.part("hardware.group_stack", x.Hardware.GroupStack.Validate())
	c.part("hardware.energy", x.Hardware.Energy.Validate())
	c.part("hardware.area", x.Hardware.Area.Validate())
	c.part("hardware.thermal", x.Hardware.Thermal.Validate())
}

// maxTokens bounds the choices of a step to what fits the memory of one machine.
const maxTokens = 1 << 24

func (x *Experiment) validateWorkload(c *check) {
	w := x.Workload
	if w.MicroBatches > 0 {
		c.rule(keys("workload.sequences", "workload.micro_batches"), w.Sequences%w.MicroBatches == 0,
			w.Sequences, "a multiple of workload.micro_batches (%d)", w.MicroBatches)
	}
	c.rule(keys("workload.sequence_length", "workload.sequences"), w.Tokens() <= maxTokens,
		w.SequenceLength, "at most %d: %d sequences and %d tokens per step", maxTokens/max(1, w.Sequences), w.Sequences, maxTokens)
	row := units.Bytes(x.Model.Bytes(int64(x.Model.Hidden)))
	c.rule(keys("schedule.weight_slice", "model.hidden", "model.element_bytes"), x.Schedule.WeightSlice >= row,
		x.Schedule.WeightSlice, "at least %v, the weights of one word (model.hidden x model.element_bytes)", row)
}

func (x *Experiment) validateRouting(c *check) {
	r := x.Routing
	known := configs.TableNames()
	// A file that nobody asks for by source would be left out silently.
	if c.tree.At("routing.source").Default {
		for _, named := range []struct{ source, file string }{{"tables", r.Tables}, {"trace", r.Trace}} {
			c.rule(keys("routing."+named.source, "routing.source"), named.file == "",
				fmt.Sprintf("%q", named.file), "routing.source: %s beside it", named.source)
		}
	}
	switch {
	case r.Source == "tables" && r.Tables == "":
		c.rule(keys("routing.tables", "routing.source"), false, nothing, "one of %s, or the path of a file, for routing.source: tables", strings.Join(known, ", "))
	case r.Source == "tables" && !strings.ContainsAny(r.Tables, `./\`) && !slices.Contains(known, r.Tables):
		c.errs = append(c.errs, c.tree.Get("routing.tables").Unknown("routing.tables", "one of "+strings.Join(known, ", ")+", or the path of a file", known))
	case r.Source == "trace":
		c.rule(keys("routing.trace", "routing.source"), r.Trace != "", nothing, "the path of a file, for routing.source: trace")
	}
}

// maxChiplets bounds the expert chiplets of a package.
const maxChiplets = 1024

func (x *Experiment) validateTopology(c *check) {
	const groups, chiplets = topologyKey + "groups", topologyKey + "chiplets_per_group"
	t := x.Hardware.Topology
	c.rule(keys(groups, topologyKey+"levels", chiplets), t.Chiplets() <= maxChiplets,
		t.Groups, "a package of at most %d expert chiplets, not %s", maxChiplets, t.describe())
	x.validateTree(c)
	x.validateNetwork(c)
	x.validateMulticast(c)
	m, n := x.Model, t.Chiplets()
	if n < 1 {
		return // the counts are out of range, and said so
	}
	c.rule(keys("model.experts", groups, chiplets, topologyKey+"levels"), m.Experts < 1 || m.Experts >= n,
		m.Experts, "at least one for each of the %s", t.describe())
	c.rule(keys("model.experts", groups, chiplets, topologyKey+"levels"), m.Experts < n || m.Experts%n == 0,
		m.Experts, "a multiple of the %s", t.describe())
	if x.Schedule.SharedExperts == "expert-chiplets" {
		c.rule(keys("model.shared_experts", groups, chiplets, "schedule.shared_experts"), m.SharedExperts <= n,
			m.SharedExperts, "at most one per expert chiplet (%d) with schedule.shared_experts: expert-chiplets", n)
	}
	c.rule(keys("model.top_k", "model.shared_experts"), m.TopK+m.SharedExperts <= math.MaxUint8,
		m.TopK, "at most %d: a token visits at most %d experts, shared ones included", math.MaxUint8-m.SharedExperts, math.MaxUint8)
}

const topologyKey = "hardware.topology."

// validateTree checks that every switch of a tree can have its ports, and that
// packets can carry what each level of them waits for.
func (x *Experiment) validateTree(c *check) {
	const kind, levels, chiplets, stacks = topologyKey + "kind", topologyKey + "levels", topologyKey + "chiplets_per_group", topologyKey + "stacks_per_group"
	const most = router.MaxSlots
	t := x.Hardware.Topology
	if !t.IsTree() {
		c.rule(keys(levels, kind), len(t.Levels) == 0, fmt.Sprint(t.Levels), "none with hardware.topology.kind: %s", t.Kind)
		return
	}
	c.rule(keys(chiplets, stacks), 1+t.ChipletsPerGroup+t.StacksPerGroup <= most,
		t.ChipletsPerGroup, "at most %d: a switch has %d ports, 1 up and %d to stacks", most-1-t.StacksPerGroup, most, t.StacksPerGroup)
	c.rule(keys(levels), len(t.Levels) < wire.MaxTreeLevels, len(t.Levels), "at most %d more levels of switches", wire.MaxTreeLevels-1)
	c.rule(keys("hardware.links.levels", levels), len(x.Hardware.Links.Levels) <= len(t.Levels),
		len(x.Hardware.Links.Levels), "at most %d kinds of links, one for each of hardware.topology.levels", len(t.Levels))
}

// validateNetwork checks the keys of networks that are no trees, and the ports of
// their routers.
func (x *Experiment) validateNetwork(c *check) {
	const kind = topologyKey + "kind"
	t := x.Hardware.Topology
	lattice := t.Kind == topology.NetworkMesh || t.Kind == topology.NetworkTorus
	c.rule(keys(topologyKey+"width", kind), t.Width == 0 || lattice || t.Kind == topology.NetworkRing,
		t.Width, "0 with hardware.topology.kind: %s", t.Kind)
	c.rule(keys(topologyKey+"height", kind), t.Height == 0 || lattice, t.Height, "0 with hardware.topology.kind: %s", t.Kind)
	c.rule(keys(topologyKey+"file", kind), t.File == "" || t.Kind == fileKind,
		fmt.Sprintf("%q", t.File), "hardware.topology.kind: file beside it")
	if t.IsTree() || t.Kind == fileKind || !c.sound("hardware.topology", "hardware.links", "hardware.clock") {
		return // readNetwork has looked at the file
	}
	g, err := x.Hardware.network()
	if err == nil {
		err = checkRouters(g)
	}
	if err != nil {
		c.fail(kind, t.Kind, fmt.Sprintf("a network that can be built: %v", err))
	}
}

// validateMulticast checks that one packet can name all chiplets of a token.
func (x *Experiment) validateMulticast(c *check) {
	if x.Schedule.Dispatch != "per-group" {
		return
	}
	most := x.Model.TopK
	if x.Schedule.SharedExperts == "expert-chiplets" {
		most += x.Model.SharedExperts
	}
	reached := x.Hardware.Topology.Chiplets() // by one packet
	if x.Hardware.Topology.IsTree() {
		reached /= max(1, x.Hardware.Topology.Groups)
	}
	c.rule(keys("schedule.dispatch", "model.top_k", "model.shared_experts", topologyKey+"chiplets_per_group"),
		min(most, reached) <= wire.MaxBranches,
		x.Schedule.Dispatch, "per-chiplet: a token may go to %d chiplets, and a packet of per-group names at most %d", most, wire.MaxBranches)
}

// maxSRAMBandwidth is what the SRAM of a chiplet may have; it keeps the product
// with the tiles from overflowing.
const maxSRAMBandwidth = 1_000_000 * units.GBPerSecond

// validateRates checks what has to come out as whole bits per cycle.
func (x *Experiment) validateRates(c *check) {
	const clock, rate = "hardware.clock", "hardware.links.wire_rate"
	h := x.Hardware
	var uneven []string
	for _, l := range h.Links.all() {
		key := "hardware.links." + l.name + ".wires"
		if _, err := h.BitsPerCycle(l.Link); err != nil && c.sound(key) {
			uneven = append(uneven, fmt.Sprintf("%s %d", l.name, l.Wires))
		}
	}
	c.rule(keys(rate, clock), len(uneven) == 0,
		h.Links.WireRate, "a rate that gives links a whole number of bits per cycle of %v (wires: %s)", h.Clock, strings.Join(uneven, ", "))
	const adder = "hardware.switch.reduction.adder"
	c.rule(keys(adder, clock), h.Clock < 1 || h.Switch.Reduction.Adder%(8*units.Bandwidth(h.Clock)) == 0,
		h.Switch.Reduction.Adder, "a whole number of bytes per cycle of %v", h.Clock)
	for _, part := range []struct {
		name  string
		tiles tile.Spec
	}{{"attention_chiplet", h.AttentionChiplet.Tile}, {"expert_chiplet", h.ExpertChiplet.Tile}} {
		tiles := "hardware." + part.name + ".tile.tiles"
		key := "hardware." + part.name + ".tile.sram_bandwidth_per_tile"
		c.rule(keys(key, tiles), part.tiles.Tiles < 1 || part.tiles.TileBandwidth() <= maxSRAMBandwidth/units.Bandwidth(part.tiles.Tiles),
			part.tiles.TileBandwidth(), "at most %v when multiplied by tiles (%d)", maxSRAMBandwidth, part.tiles.Tiles)
		_, err := part.tiles.TileBandwidth().BitsPerCycle(h.Clock)
		c.rule(keys(key, clock), err == nil, part.tiles.TileBandwidth(), "a whole number of bits per cycle of %v", h.Clock)
	}
	for _, part := range []struct {
		name  string
		stack hbm.Spec
	}{{"attention_stack", h.AttentionStack}, {"group_stack", h.GroupStack}} {
		section := "hardware." + part.name
		if !c.sound(section, clock) {
			continue
		}
		_, err := hbm.NewTiming(part.stack, h.Clock)
		c.rule(keys(section+".channel_bandwidth", clock), err == nil,
			part.stack.ChannelBandwidth, "a faster one: %d channels at the lowest efficiency move less than 0.001 bits per cycle of %v", part.stack.Channels, h.Clock)
	}
}

// validateBuffers checks that the largest packet fits everywhere.
func (x *Experiment) validateBuffers(c *check) {
	h := x.Hardware
	token := units.Bytes(x.Model.Bytes(int64(x.Model.Hidden)))
	c.rule(keys("hardware.buffer", "hardware.chunk"), h.Buffer >= h.Chunk, h.Buffer, "at least hardware.chunk (%v)", h.Chunk)
	c.rule(keys("hardware.buffer", "model.hidden", "model.element_bytes"), h.Buffer >= token,
		h.Buffer, "at least %v, one token (model.hidden x model.element_bytes)", token)
	c.rule(keys("hardware.attention_stack.write_buffer", "hardware.chunk"), h.AttentionStack.WriteBuffer >= h.Chunk,
		h.AttentionStack.WriteBuffer, "at least hardware.chunk (%v)", h.Chunk)
	c.rule(keys("hardware.group_stack.write_buffer", "hardware.chunk"), h.GroupStack.WriteBuffer >= h.Chunk,
		h.GroupStack.WriteBuffer, "at least hardware.chunk (%v)", h.Chunk)
}

// validateElements checks that chiplets compute in the model's number format.
func (x *Experiment) validateElements(c *check) {
	for _, part := range []struct {
		name  string
		bytes int
	}{{"attention_chiplet", x.Hardware.AttentionChiplet.Tile.ElementBytes}, {"expert_chiplet", x.Hardware.ExpertChiplet.Tile.ElementBytes}} {
		c.rule(keys("hardware."+part.name+".tile.element_bytes", "model.element_bytes"), part.bytes == x.Model.ElementBytes,
			part.bytes, "model.element_bytes (%d)", x.Model.ElementBytes)
	}
}
