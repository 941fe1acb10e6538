package strict_test

import (
	"testing"
)

// badFiles pairs a file with the errors that it must give.
var badFiles = []struct{ name, text, want string }{
	{"unknown key, near", "nmae: x\n",
		`bad.yaml:1:1: nmae: found an unknown key (did you mean "name"?)`},
	{"unknown key, begins a name", "fid: [flit]\n",
		`bad.yaml:1:1: fid: found an unknown key (did you mean "fidelity"?)`},
	{"unknown key, other case", "Trace: true\n",
		`bad.yaml:1:1: Trace: found an unknown key (did you mean "trace"?)`},
	{"unknown key, elsewhere", "latency: 5 ns\n",
		`bad.yaml:1:1: latency: found an unknown key (did you mean "link.latency"?)`},
	{"unknown key, nowhere near", "link:\n  zebra: 1\n",
		`bad.yaml:2:3: link.zebra: found an unknown key, want one of pitch, latency, wires, inner`},
	{"unknown key in a list item", "stacks:\n  - size: 1 B\n    raet: 1 B/s\n",
		`bad.yaml:3:5: stacks[0].raet: found an unknown key (did you mean "stacks[0].rate"?)`},
	{"unknown key with a dot", "a.b: 1\n",
		`bad.yaml:1:1: "a.b": found an unknown key, want one of name, seed, delays, clock, scale, half, trace, stacks, layers, labels, grid, blocks, fidelity, policy, spare, limit, link, threads`},
	{"bool from text", "trace: yes\n",
		`bad.yaml:1:8: trace: found text "yes", want true or false`},
	{"bool from a number", "trace: 1\n",
		`bad.yaml:1:8: trace: found 1, want true or false`},
	{"text from a number", "name: 12\n",
		`bad.yaml:1:7: name: found 12, want text: "12" in quotes`},
	{"text from a bool", "name: true\n",
		`bad.yaml:1:7: name: found true, want text: "true" in quotes`},
	{"whole number from text", "seed: \"12\"\n",
		`bad.yaml:1:7: seed: found text "12", want a whole number`},
	{"whole number from a fraction", "link: {wires: 1.5}\n",
		`bad.yaml:1:15: link.wires: found 1.5, want a whole number`},
	{"whole number with an exponent", "link: {wires: 1e3}\n",
		`bad.yaml:1:15: link.wires: found 1e3, want a whole number`},
	{"octal", "link:\n  wires: 010\n",
		`bad.yaml:2:10: link.wires: found 010, want a whole number, in decimal without leading zeros`},
	{"hexadecimal", "link:\n  wires: 0x10\n",
		`bad.yaml:2:10: link.wires: found 0x10, want a whole number, in decimal without leading zeros`},
	{"too large for the type", "link:\n  wires: 40000\n",
		`bad.yaml:2:10: link.wires: found 40000, want -32768 to 32767`},
	{"too small for the type", "link:\n  wires: -32769\n",
		`bad.yaml:2:10: link.wires: found -32769, want -32768 to 32767`},
	{"negative for unsigned", "seed: -1\n",
		`bad.yaml:1:7: seed: found -1, want 0 to 18446744073709551615`},
	{"too large for 64 bits", "seed: 18446744073709551616\n",
		`bad.yaml:1:7: seed: found 18446744073709551616, want 0 to 18446744073709551615`},
	{"below min", "threads: 0\n",
		`bad.yaml:1:10: threads: found 0, want at least 1`},
	{"above max", "limit: 10\n",
		`bad.yaml:1:8: limit: found 10, want at most 9`},
	{"outside min and max", "scale: 1.5\n",
		`bad.yaml:1:8: scale: found 1.5, want 0 to 1`},
	{"a quantity outside its range", "clock: 20 GHz\n",
		`bad.yaml:1:8: clock: found "20 GHz", want 1 MHz to 10 GHz`},
	{"not finite", "scale: .nan\nhalf: .inf\n",
		`bad.yaml:1:8: scale: found .nan, want a number, 0 to 1, finite` + "\n" +
			`bad.yaml:2:7: half: found .inf, want a number, finite`},
	{"float too large", "half: 1e39\n",
		`bad.yaml:1:7: half: found 1e39, want a number that fits into 32 bits`},
	{"number from text", "scale: fast\n",
		`bad.yaml:1:8: scale: found text "fast", want a number, 0 to 1`},
	{"wrong unit", "stacks:\n- rate: 256 GHz\n",
		`bad.yaml:2:9: stacks[0].rate: found "256 GHz", want a bandwidth such as "256 GB/s" (B/s, KB/s, MB/s, GB/s, TB/s, PB/s, KiB/s, MiB/s, GiB/s, TiB/s, PiB/s, b/s, Kb/s, Mb/s, Gb/s, Tb/s, Pb/s)`},
	{"no unit", "clock: 1000\n",
		`bad.yaml:1:8: clock: found 1000, want a frequency such as "1 GHz" (Hz, kHz, MHz, GHz, THz)`},
	{"negative quantity", "stacks: [{size: -8 GiB}]\n",
		`bad.yaml:1:17: stacks[0].size: found "-8 GiB", want a size of 0 B or more`},
	{"enum of strings", "fidelity: [packet, flot]\n",
		`bad.yaml:1:20: fidelity[1]: found "flot", want packet or flit (did you mean "flit"?)`},
	{"enum, nothing near", "fidelity: [wormhole]\n",
		`bad.yaml:1:12: fidelity[0]: found "wormhole", want packet or flit`},
	{"enum type", "policy: mozart_b\n",
		`bad.yaml:1:9: policy: found "mozart_b", want one of baseline, mozart-a, mozart-b (did you mean "mozart-b"?)`},
	{"enum type from a list", "policy: [baseline]\n",
		`bad.yaml:1:9: policy: found a list of 1, want one of baseline, mozart-a, mozart-b`},
	{"null", "name: null\nseed: ~\n",
		`bad.yaml:1:7: name: found null, want text` + "\n" +
			`bad.yaml:2:7: seed: found ~, want a whole number`},
	{"nothing", "name:\nlink:\n",
		`bad.yaml:1:6: name: found nothing, want text` + "\n" +
			`bad.yaml:2:6: link: found nothing, want a mapping (keys: pitch, latency, wires, inner)`},
	{"null for a pointer", "spare: null\n",
		`bad.yaml:1:8: spare: found null, want a mapping (keys: size, rate, ports, next)`},
	{"scalar for a list", "stacks: 4\n",
		`bad.yaml:1:9: stacks: found 4, want a list`},
	{"scalar for a mapping", "link: fast\n",
		`bad.yaml:1:7: link: found text "fast", want a mapping (keys: pitch, latency, wires, inner)`},
	{"list for a scalar", "name:\n  - a\n  - b\n",
		`bad.yaml:1:1: name: found a list of 2, want text`},
	{"list for a mapping", "link: [1]\nlayers: []\n",
		`bad.yaml:1:7: link: found a list of 1, want a mapping (keys: pitch, latency, wires, inner)` + "\n" +
			`bad.yaml:2:9: layers: found an empty list, want a mapping`},
	{"mapping for a list", "grid: {a: 1}\ndelays:\n  a: 1\n",
		`bad.yaml:1:7: grid: found a mapping, want a list` + "\n" +
			`bad.yaml:2:1: delays: found a mapping, want a list of 4`},
	{"mapping for a quantity", "clock:\n  rate: 1\n",
		`bad.yaml:1:1: clock: found a mapping, want a frequency such as "1 GHz" (Hz, kHz, MHz, GHz, THz)`},
	{"wrong length", "delays: [1, 2, 3]\n",
		`bad.yaml:1:9: delays: found a list of 3, want a list of 4`},
	{"wrong item", "grid: [[1], [2, x]]\n",
		`bad.yaml:1:17: grid[1][1]: found text "x", want a whole number`},
	{"item below min", "delays: [1, 2, 3, -1]\n",
		`bad.yaml:1:19: delays[3]: found -1, want at least 0`},
	{"key missing in an item", "layers:\n  a: {}\n  b: {width: 1}\nspare: {next: {}}\n",
		`bad.yaml:2:6: layers.a.width (by default): found 0, want at least 1` + "\n" +
			`bad.yaml:4:15: spare.next.width (by default): found 0, want at least 1`},
	{"value in a map", "layers:\n  \"0\": {width: 0}\n  1: {wdth: 3}\n",
		`bad.yaml:2:16: layers.0.width: found 0, want at least 1` + "\n" +
			`bad.yaml:3:7: layers.1.wdth: found an unknown key (did you mean "layers.1.width"?)`},
	{"root is a list", "- a\n",
		`bad.yaml:1:1: found a list of 1, want a mapping (keys: name, seed, delays, clock, scale, half, trace, stacks, layers, labels, grid, blocks, fidelity, policy, spare, limit, link, threads)`},
	{"root is text", "hello\n",
		`bad.yaml:1:1: found text "hello", want a mapping (keys: name, seed, delays, clock, scale, half, trace, stacks, layers, labels, grid, blocks, fidelity, policy, spare, limit, link, threads)`},
	{"key twice", "name: a\nseed: 1\nname: b\n",
		`bad.yaml:3:1: name: found the key a second time (first on line 1), want each key once`},
	{"key twice, deep", "link:\n  wires: 1\n  wires: 2\n",
		`bad.yaml:3:3: link.wires: found the key a second time (first on line 2), want each key once`},
	{"anchor and alias", "name: &n x\nlabels: {a: *n}\n",
		`bad.yaml:1:7: name: found the anchor "&n", want no anchors: aliases are not read` + "\n" +
			`bad.yaml:2:13: labels.a: found the alias "*n", want the value written out`},
	{"alias as a key", "name: &n x\n*n : 1\n",
		`bad.yaml:1:7: name: found the anchor "&n", want no anchors: aliases are not read` + "\n" +
			`bad.yaml:2:1: found the alias "*n", want the value written out`},
	{"anchor on a mapping", "link: &l\n  wire: 3\n",
		`bad.yaml:1:7: link: found the anchor "&l", want no anchors: aliases are not read` + "\n" +
			`bad.yaml:2:3: link.wire: found an unknown key (did you mean "link.wires"?)`},
	{"alias in a list", "fidelity: [&f flit, *f, flat]\n",
		`bad.yaml:1:12: fidelity[0]: found the anchor "&f", want no anchors: aliases are not read` + "\n" +
			`bad.yaml:1:21: fidelity[1]: found the alias "*f", want the value written out` + "\n" +
			`bad.yaml:1:25: fidelity[2]: found "flat", want packet or flit (did you mean "flit"?)`},
	{"alias never defined", "seed: 1\nname: *n\n",
		`bad.yaml:2: found a YAML syntax error: unknown anchor 'n' referenced`},
	{"merge key", "link:\n  <<: {wires: 1}\n",
		`bad.yaml:2:3: link: found a merge key "<<", want the keys written out`},
	{"tag", "name: !!str 12\nlink: !spec {wires: 1}\n",
		`bad.yaml:1:7: name: found the tag "!!str", want no tags: the key decides the type` + "\n" +
			`bad.yaml:2:7: link: found the tag "!spec", want no tags: the key decides the type`},
	{"key that is a list", "[a]: 1\n",
		`bad.yaml:1:1: found a key that is not text, want a name`},
	{"key that is null", "~: 1\n",
		`bad.yaml:1:1: found a key that is not text, want a name`},
	{"two documents", "name: a\n---\nname: b\n",
		`bad.yaml:3:1: found a second document, want one document in a file`},
	{"empty", "",
		`bad.yaml: found an empty document, want a mapping`},
	{"only a comment", "# nothing here\n",
		`bad.yaml: found an empty document, want a mapping`},
	{"empty document", "---\n",
		`bad.yaml: found an empty document, want a mapping`},
	{"syntax", "name: a: b\n",
		`bad.yaml:1: found a YAML syntax error: mapping values are not allowed in this context`},
	{"syntax further down", "name: a\nlink: [1, 2\nseed: 3\n",
		`bad.yaml:2: found a YAML syntax error: did not find expected ',' or ']'`},
	{"tab", "link:\n\twires: 1\n",
		`bad.yaml:2: found a YAML syntax error: found character that cannot start any token`},
	{"not UTF-8", "name: a\nseed: \xff\n",
		`bad.yaml:2:7: found byte 0xff, want UTF-8 text`},
	{"control character", "name: \x01\n",
		`bad.yaml:1:7: found control character 0x01, want UTF-8 text`},
	{"long text", "clock: a text that goes on and on and on and on, far beyond what a reader of an error wants to see\n",
		`bad.yaml:1:8: clock: found "a text that goes on and on and on and on, far beyond what a "..., want a frequency such as "1 GHz" (Hz, kHz, MHz, GHz, THz)`},
	{"all at once", "nmae: x\nthreads: 0\nlink:\n  wires: many\n  pitch: 50\nstacks:\n  - size: 8 GB/s\n    rate: fast\nclock: 1 GHz\nclock: 2 GHz\n",
		`bad.yaml:1:1: nmae: found an unknown key (did you mean "name"?)` + "\n" +
			`bad.yaml:2:10: threads: found 0, want at least 1` + "\n" +
			`bad.yaml:4:10: link.wires: found text "many", want a whole number` + "\n" +
			`bad.yaml:5:10: link.pitch: found 50, want a length such as "50 um" (nm, um, mm, m)` + "\n" +
			`bad.yaml:7:11: stacks[0].size: found "8 GB/s", want a size such as "8 GiB" (B, KB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB)` + "\n" +
			`bad.yaml:8:11: stacks[0].rate: found "fast", want a bandwidth such as "256 GB/s" (B/s, KB/s, MB/s, GB/s, TB/s, PB/s, KiB/s, MiB/s, GiB/s, TiB/s, PiB/s, b/s, Kb/s, Mb/s, Gb/s, Tb/s, Pb/s)` + "\n" +
			`bad.yaml:10:1: clock: found the key a second time (first on line 9), want each key once`},
}

func TestBadFiles(t *testing.T) {
	for _, tc := range badFiles {
		t.Run(tc.name, func(t *testing.T) {
			m := blank()
			err := load("bad.yaml", tc.text, &m)
			if err == nil {
				t.Fatalf("no error, want\n%s", tc.want)
			}
			if err.Error() != tc.want {
				t.Errorf("got\n%v\nwant\n%s", err, tc.want)
			}
		})
	}
}
