package runner_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "mozart/"

// floors is the house plan of docs/architecture.md: a room imports only rooms on
// lower floors, so siblings never import siblings. It is a statement of policy.
// Do not change it to make a build pass.
var floors = [][]string{
	0: {"interconnect/wire", "interconnect/port", "interconnect/stats", "workloads/op", "configs", "configs/units", "runner/config/strict"},
	1: {"interconnect/topology", "interconnect/wiretest", "interconnect/collective", "workloads/model", "workloads/routing", "workloads/chakra"},
	2: {"interconnect/link", "interconnect/router", "interconnect/flit", "components/hbm/bank", "workloads/placement"},
	3: {"components/sram", "components/hbm", "components/tile", "workloads/schedule", "runner/energy", "runner/floorplan"},
	4: {"components/chiplet"},
	5: {"runner/config", "runner/record", "runner/engine"},
	6: {"runner/build", "runner/plan", "runner/report", "runner/analytic", "runner/micro"},
	7: {"runner/run"},
	8: {"runner/reference", "runner/reproduce", "runner/sweep", "runner/debug"},
	9: {"runner/cmd/mozart", "runner/cmd/costplot"},
}

func floorOf(room string) (int, bool) {
	for i, rooms := range floors {
		for _, r := range rooms {
			if r == room {
				return i, true
			}
		}
	}
	return 0, false
}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(p.ImportPath, module)
		if room == "runner" {
			continue
		}
		from, ok := floorOf(room)
		if !ok {
			t.Errorf("%s has no floor; give it one", room)
			continue
		}
		for _, imported := range p.Imports {
			below, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			if to, ok := floorOf(below); !ok || to >= from {
				t.Errorf("%s (floor %d) imports %s (floor %d)", room, from, below, to)
			}
		}
	}
}

// The house rules that are not about floors.
func TestForbiddenImports(t *testing.T) {
	for room, forbidden := range map[string][]string{
		"interconnect/": {"mozart/workloads/", "mozart/components/"},
		"workloads/":    {"mozart/interconnect/", "mozart/components/", "github.com/sarchlab/akita"},
	} {
		out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+room+"...").Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			words := strings.Fields(line)
			for _, imported := range words[1:] {
				for _, f := range forbidden {
					if strings.HasPrefix(imported, f) {
						t.Errorf("%s imports %s", words[0], imported)
					}
				}
			}
		}
	}
}
