//go:build unix

package plan

import (
	"runtime/debug"
	"syscall"
	"testing"

	"mozart/runner/config"
	"mozart/workloads/schedule"
)

// cpu is the processor time that the process has taken, in milliseconds: on a
// shared machine it says more than wall time.
func cpu(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

// measure times work and reports its processor time beside it.
func measure(b *testing.B, work func() error) {
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-ms/op")
}

func builtIn(b *testing.B, name string) *config.Experiment {
	x, err := config.Load(name, nil)
	if err != nil {
		b.Fatal(err)
	}
	return x
}

func BenchmarkMake(b *testing.B) {
	for _, name := range config.Names() {
		b.Run(name, func(b *testing.B) {
			x := builtIn(b, name)
			measure(b, func() error { _, err := Make(x); return err })
		})
	}
}

// The stages of Make, one by one.
func BenchmarkStages(b *testing.B) {
	for _, name := range []string{"olmoe-mozart-c", "qwen3-mozart-c", "deepseek-moe-mozart-c"} {
		x := builtIn(b, name)
		d, err := draw(x)
		if err != nil {
			b.Fatal(err)
		}
		p, err := Make(x)
		if err != nil {
			b.Fatal(err)
		}
		run := func(stage string, work func() error) {
			b.Run(name+"/"+stage, func(b *testing.B) { measure(b, work) })
		}
		if x.Routing.Source == "tables" {
			run("tables", func() error { _, err := OpenTables(x.Routing.Tables); return err })
		}
		run("draw", func() error { _, err := draw(x); return err })
		run("placement", func() error { return p.place(d.profiles) })
		run("measure", func() error { return p.measure(d.run) })
		run("program", func() (err error) { p.Program, err = schedule.Build(p.input(d.run)); return err })
		run("check", p.Program.Check)
		p, d = nil, drawn{}
		debug.FreeOSMemory()
	}
}
