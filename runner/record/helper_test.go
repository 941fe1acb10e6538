package record_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"mozart/runner/record"
)

// crashVar tells the test binary, run as a child, where to write before it is
// killed.
const crashVar = "MOZART_RECORD_TEST_CRASH_IN"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashVar); path != "" {
		if err := writeAndDie(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeAndDie starts a run at path, writes a good part of it and is killed.
func writeAndDie(path string) error {
	d, err := record.NewDir(path)
	if err != nil {
		return err
	}
	if err := record.WriteFile(d.Path(record.SummaryFile), []byte(summary(2))); err != nil {
		return err
	}
	// One row group is on its way to the disk, a second is not.
	w, err := record.NewParquetWriter[record.ResourceRow](d.Path("resources.parquet"))
	if err != nil {
		return err
	}
	if err := w.Write(resourceRows(70_000)...); err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil {
		return err
	}
	select {}
}

// crash runs writeAndDie in a child.
func crash(t *testing.T, path string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), crashVar+"="+path)
	out, err := c.CombinedOutput()
	if err == nil || c.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
}

// summary is the least content of a summary file, told apart by a seed.
func summary(seed int) string {
	return fmt.Sprintf(`{"schema":"mozart.summary/1","seed":%d}`, seed)
}

// opRows makes rows that differ in every column.
func opRows(n int) []record.OpRow {
	rows := make([]record.OpRow, n)
	for i := range rows {
		x := int64(i)
		rows[i] = record.OpRow{
			ID: x, Component: fmt.Sprintf("Chiplet[%d]", i%17), Kind: "gemm", Phase: "forward.expert",
			Name: fmt.Sprintf("expert %d", i%64), Layer: int32(i % 16), MicroBatch: int32(i % 4), Expert: int32(i%65) - 1,
			StartCycle: 100 * x, EndCycle: 100*x + 50, M: x % 300, K: 2048, N: 1024, Count: 1 + x%3,
			Bytes: 4096 * x, Tokens: x % 256, Flops: x * x, StallCycles: x % 7,
		}
	}
	return rows
}

func resourceRows(n int) []record.ResourceRow {
	rows := make([]record.ResourceRow, n)
	for i := range rows {
		rows[i] = record.ResourceRow{Component: "Chiplet[3]", Metric: "busy", Value: float64(i) / 3, Unit: "cycles"}
	}
	return rows
}
