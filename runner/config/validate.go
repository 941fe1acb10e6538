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
	"mozart/interconnect/wire"
	"mozart/runner/config/strict"
	"mozart/workloads/schedule"
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

// maxPorts is what a switch can have: its reduction keeps a bit per port.
const maxPorts = 63

func (x *Experiment) validateTopology(c *check) {
	const groups, chiplets, stacks = "hardware.topology.groups", "hardware.topology.chiplets_per_group", "hardware.topology.stacks_per_group"
	t := x.Hardware.Topology
	c.rule(keys(chiplets, stacks), 1+t.ChipletsPerGroup+t.StacksPerGroup <= maxPorts,
		t.ChipletsPerGroup, "at most %d: a switch has %d ports, 1 up and %d to stacks", maxPorts-1-t.StacksPerGroup, maxPorts, t.StacksPerGroup)
	if x.Schedule.Dispatch == "per-group" {
		c.rule(keys(chiplets, "schedule.dispatch"), t.ChipletsPerGroup < wire.MaxChildren,
			t.ChipletsPerGroup, "at most %d with schedule.dispatch: per-group", wire.MaxChildren-1)
	}
	m, n := x.Model, t.Chiplets()
	if n < 1 {
		return // the counts are out of range, and said so
	}
	c.rule(keys("model.experts", groups, chiplets), m.Experts%n == 0,
		m.Experts, "a multiple of the %d expert chiplets (%d groups of %d)", n, t.Groups, t.ChipletsPerGroup)
	if x.Schedule.SharedExperts == "expert-chiplets" {
		c.rule(keys("model.shared_experts", groups, chiplets, "schedule.shared_experts"), m.SharedExperts <= n,
			m.SharedExperts, "at most one per expert chiplet (%d) with schedule.shared_experts: expert-chiplets", n)
	}
	c.rule(keys("model.top_k", "model.shared_experts"), m.TopK+m.SharedExperts <= math.MaxUint8,
		m.TopK, "at most %d: a token visits at most %d experts, shared ones included", math.MaxUint8-m.SharedExperts, math.MaxUint8)
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
		c.rule(keys(key, tiles), part.tiles.Tiles < 1 || part.tiles.SRAMBandwidth <= maxSRAMBandwidth/units.Bandwidth(part.tiles.Tiles),
			part.tiles.SRAMBandwidth, "at most %v when multiplied by tiles (%d)", maxSRAMBandwidth, part.tiles.Tiles)
		_, err := part.tiles.SRAMBandwidth.BitsPerCycle(h.Clock)
		c.rule(keys(key, clock), err == nil, part.tiles.SRAMBandwidth, "a whole number of bits per cycle of %v", h.Clock)
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

// namedLink is a link with its key.
type namedLink struct {
	name string
	Link
}

// all lists the links in the order of their keys.
func (l Links) all() []namedLink {
	return []namedLink{{"root", l.Root}, {"leaf", l.Leaf}, {"stack", l.Stack}, {"attention_stack", l.AttentionStack}}
}

// BitsPerCycle is the rate of a link; an error if it is not a whole number.
func (h Hardware) BitsPerCycle(l Link) (int64, error) {
	return (h.Links.WireRate * units.Bandwidth(l.Wires)).BitsPerCycle(h.Clock)
}

// Machine is what the schedule has to know of the hardware.
func (h Hardware) Machine() schedule.Machine {
	return schedule.Machine{Chiplets: h.Topology.Chiplets(), Groups: h.Topology.Groups}
}
