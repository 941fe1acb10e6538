package strict_test

import (
	"fmt"

	"mozart/configs/units"
	"mozart/runner/config/strict"

	"pgregory.net/rapid"
)

// machine has every kind of field that Decode knows.
type machine struct {
	Name     string            `yaml:"name" doc:"Name of the machine."`
	Seed     uint64            `yaml:"seed"`
	Delays   [4]int8           `yaml:"delays" min:"0" source:"[A]"`
	Clock    units.Frequency   `yaml:"clock" source:"[P] 4.1" min:"1 MHz" max:"10 GHz"`
	Scale    float64           `yaml:"scale" min:"0" max:"1" doc:"Share of the peak."`
	Half     float32           `yaml:"half"`
	Trace    bool              `yaml:"trace"`
	Stacks   []stack           `yaml:"stacks" doc:"One entry per stack."`
	Layers   map[string]layer  `yaml:"layers"`
	Labels   map[string]string `yaml:"labels"`
	Grid     [][]int           `yaml:"grid"`
	Blocks   [][]stack         `yaml:"blocks"`
	Fidelity []string          `yaml:"fidelity" enum:"packet,flit"`
	Policy   policy            `yaml:"policy"`
	Spare    *stack            `yaml:"spare"`
	Limit    *int              `yaml:"limit" max:"9"`
	Link     linkSpec          `yaml:"link"`
	common   `yaml:"-"`
	Shared   `yaml:",inline"`
}

// Shared is embedded inline.
type Shared struct {
	Threads int `yaml:"threads" min:"1"`
}

type common struct{ Hidden int }

type stack struct {
	Size  units.Bytes     `yaml:"size" doc:"Capacity."`
	Rate  units.Bandwidth `yaml:"rate" source:"[P]"`
	Ports []string        `yaml:"ports"`
	Next  *layer          `yaml:"next"`
}

// SetDefaults gives a new stack its size.
func (s *stack) SetDefaults() { s.Size = 8 * units.GiB }

type layer struct {
	Width int `yaml:"width" min:"1"`
}

type linkSpec struct {
	Pitch   units.Length   `yaml:"pitch"`
	Latency units.Duration `yaml:"latency" max:"1 us"`
	Wires   int16          `yaml:"wires"`
	Inner   *layer         `yaml:"inner"`
}

// policy is an enumeration that marshals itself.
type policy int

var policyNames = []string{"baseline", "mozart-a", "mozart-b"}

func (policy) TextValues() []string { return policyNames }

func (p policy) MarshalText() ([]byte, error) {
	if p < 0 || int(p) >= len(policyNames) {
		return nil, fmt.Errorf("found policy %d", int(p))
	}
	return []byte(policyNames[p]), nil
}

func (p *policy) UnmarshalText(text []byte) error {
	for i, name := range policyNames {
		if name == string(text) {
			*p = policy(i)
			return nil
		}
	}
	return fmt.Errorf("found policy %q", text)
}

// blank is the least that Decode accepts.
func blank() machine { return machine{Clock: units.GHz, Shared: Shared{Threads: 1}} }

// load runs the whole way from text to value.
func load(file, text string, dst any) error {
	tree, errs := strict.Parse(file, []byte(text))
	return append(errs, strict.Decode(tree, dst)...).Err()
}

// machines draws machines that Decode accepts.
func machines() *rapid.Generator[machine] {
	return rapid.Custom(func(t *rapid.T) machine {
		whole := rapid.IntRange(-1000, 1000)
		names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"", " ", "true", "No", "null", "~", "12", "0x1f", "1e3", ".inf", "-", "- a", "a: b", "a #b", "#", "<<", "&a", "*a",
			"!!int", "'", `"`, "\n", "a\nb\n", "\t", "\x00", "\u00b5", "\u2028", "\ufeff", "2024-01-01", "[a]", "{a: b}", "a.b", "%", "@",
		}))
		m := machine{
			Name:     names.Draw(t, "name"),
			Seed:     rapid.Uint64().Draw(t, "seed"),
			Clock:    units.Frequency(rapid.Int64Range(1e6, 1e10).Draw(t, "clock")),
			Scale:    rapid.Float64Range(0, 1).Draw(t, "scale"),
			Half:     rapid.Float32().Draw(t, "half"),
			Trace:    rapid.Bool().Draw(t, "trace"),
			Stacks:   rapid.SliceOfN(stacks(names), 0, 3).Draw(t, "stacks"),
			Layers:   rapid.MapOfN(names, layers(), 0, 3).Draw(t, "layers"),
			Labels:   rapid.MapOfN(names, names, 0, 3).Draw(t, "labels"),
			Grid:     rapid.SliceOfN(rapid.SliceOfN(whole, 0, 3), 0, 3).Draw(t, "grid"),
			Blocks:   rapid.SliceOfN(rapid.SliceOfN(stacks(names), 0, 2), 0, 2).Draw(t, "blocks"),
			Fidelity: rapid.SliceOfN(rapid.SampledFrom([]string{"packet", "flit"}), 0, 3).Draw(t, "fidelity"),
			Policy:   policy(rapid.IntRange(0, 2).Draw(t, "policy")),
			Spare:    rapid.Ptr(stacks(names), true).Draw(t, "spare"),
			Limit:    rapid.Ptr(rapid.IntRange(-9, 9), true).Draw(t, "limit"),
			Link: linkSpec{
				Pitch:   units.Length(rapid.Int64Min(0).Draw(t, "pitch")),
				Latency: units.Duration(rapid.Int64Range(0, 1e6).Draw(t, "latency")),
				Wires:   rapid.Int16().Draw(t, "wires"),
				Inner:   rapid.Ptr(layers(), true).Draw(t, "inner"),
			},
			Shared: Shared{Threads: rapid.IntRange(1, 64).Draw(t, "threads")},
		}
		for i := range m.Delays {
			m.Delays[i] = rapid.Int8Range(0, 127).Draw(t, "delay")
		}
		return m
	})
}

func stacks(names *rapid.Generator[string]) *rapid.Generator[stack] {
	return rapid.Custom(func(t *rapid.T) stack {
		return stack{
			Size:  units.Bytes(rapid.Int64Min(0).Draw(t, "size")),
			Rate:  units.Bandwidth(rapid.Int64Min(0).Draw(t, "rate")),
			Ports: rapid.SliceOfN(names, 0, 3).Draw(t, "ports"),
			Next:  rapid.Ptr(layers(), true).Draw(t, "next"),
		}
	})
}

func layers() *rapid.Generator[layer] {
	return rapid.Map(rapid.IntRange(1, 4096), func(w int) layer { return layer{Width: w} })
}
