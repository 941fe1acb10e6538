package model_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"mozart/workloads/model"
)

const zooDir = "../../configs/models"

// load reads a file of the zoo as strictly as a run does.
func load(t *testing.T, file string) model.Spec {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(zooDir, file+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := model.DefaultSpec()
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if errs := s.Validate(); errs != nil {
		t.Fatalf("%s: %v", file, errs)
	}
	return s
}

// zoo pairs each file with published numbers.
//
// total is the number of parameters in the published checkpoint: the sum over
// the tensors in its safetensors headers, as the model's page states it. Two
// checkpoints hold more than the model: that of gpt-oss stores experts in 4 bits,
// so total is the count that its GGUF metadata states (20.91 B and 116.83 B in
// table 1 of arXiv 2508.10925); that of DeepSeek-V3 holds a
// multi-token-prediction module, so total is that of its layers 0 to 60 with
// embedding, final norm and LM head, without the scales of FP8 blocks.
//
// active is printed to digits decimals of 10^9, with or without the embedding
// table; some models print it rounded, others cut off, so a count matches when
// it lies within one unit of the last digit.
var zoo = []struct {
	file             string
	total            int64
	active           float64 // 10^9, as published
	digits           int
	withoutEmbedding bool
	activeSource     string
}{
	{"olmoe", 6_919_161_856, 1.3, 1, false, "arXiv 2409.02060, abstract and table 1"},
	{"qwen3", 30_532_122_624, 3.3, 1, false, "model card of Qwen/Qwen3-30B-A3B"},
	{"deepseek-moe", 16_375_728_128, 2.8, 1, false, "arXiv 2401.06066, section 5: 16.4 B and 2.8 B"},
	{"mixtral-8x7b", 46_702_792_704, 12.9, 1, false, "announcement of Mixtral-8x7B: 46.7 B and 12.9 B"},
	{"deepseek-v2-lite", 15_706_484_224, 2.4, 1, true, "arXiv 2405.04434, appendix B: 15.7 B and 2.4 B"},
	{"qwen3-235b", 235_093_634_560, 22, 0, false, "model card of Qwen/Qwen3-235B-A22B"},
	{"deepseek-v3", 671_026_419_200, 36.6, 1, true, "README_WEIGHTS.md of deepseek-ai/DeepSeek-V3"},
	{"gpt-oss-20b", 20_914_757_184, 3.61, 2, true, "arXiv 2508.10925, table 1"},
	{"gpt-oss-120b", 116_829_156_672, 5.13, 2, true, "arXiv 2508.10925, table 1"},
	{"tiny", 255_296, 0.0001, 4, false, "own count: 107,840"},
}

func TestPublishedTotals(t *testing.T) {
	for _, tc := range zoo {
		t.Run(tc.file, func(t *testing.T) {
			s := load(t, tc.file)
			if got := s.Params(); got != tc.total {
				t.Errorf("%d parameters, published %d, off by %d", got, tc.total, got-tc.total)
			}
			if want := tally(checkpoint(s), all); want.Int64() != tc.total {
				t.Errorf("list of tensors has %d elements, published %d", want, tc.total)
			}
		})
	}
}

func TestPublishedActive(t *testing.T) {
	for _, tc := range zoo {
		t.Run(tc.file, func(t *testing.T) {
			s := load(t, tc.file)
			got := s.ActiveParams()
			if tc.withoutEmbedding {
				got -= s.EmbeddingParams()
			}
			unit := 1e9
			for range tc.digits {
				unit /= 10
			}
			if d := float64(got) - tc.active*1e9; d <= -unit || d >= unit {
				t.Errorf("%d active parameters, published %g B (%s)", got, tc.active, tc.activeSource)
			}
		})
	}
}

// The active counts of the paper's models, to the parameter.
func TestExactActive(t *testing.T) {
	for file, want := range map[string]int64{
		"olmoe":        1_282_017_280,
		"qwen3":        3_353_032_704,
		"deepseek-moe": 2_828_650_496,
		"tiny":         107_840,
	} {
		if got := load(t, file).ActiveParams(); got != want {
			t.Errorf("%s: %d active parameters, want %d", file, got, want)
		}
	}
}

// The sizes that the paper's memory argument rests on: 58 GB, 12.9 GB and
// 29.9 GB of routed experts, and per chiplet of 16 one block's share of 75.5,
// 50.3 and 69.2 MB.
func TestRoutedExpertBytes(t *testing.T) {
	for _, tc := range []struct {
		file        string
		model       int64
		expert      int64
		perChiplet  int64
		expertCount int64
	}{
		{"qwen3", 57_982_058_496, 9_437_184, 75_497_472, 128},
		{"olmoe", 12_884_901_888, 12_582_912, 50_331_648, 64},
		{"deepseek-moe", 29_896_998_912, 17_301_504, 69_206_016, 64},
	} {
		s := load(t, tc.file)
		last := s.BlockParams(s.Layers - 1)
		got := []int64{
			s.Bytes(last.RoutedExperts) * int64(s.MoELayers()),
			s.ExpertBytes(),
			s.Bytes(last.RoutedExperts) / 16,
			int64(s.Experts),
		}
		want := []int64{tc.model, tc.expert, tc.perChiplet, tc.expertCount}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: model, expert, chiplet bytes and experts (-want +got):\n%s", tc.file, d)
		}
	}
}

// Every file of the folder is in the table, and its first comment lines state
// its true total and its source.
func TestZooFiles(t *testing.T) {
	known := map[string]int64{}
	for _, tc := range zoo {
		known[tc.file] = tc.total
	}
	files, err := filepath.Glob(filepath.Join(zooDir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(zoo) {
		t.Errorf("%d files, %d in the table", len(files), len(zoo))
	}
	for _, path := range files {
		file := strings.TrimSuffix(filepath.Base(path), ".yaml")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(raw), "\nname:")
		if total := thousands(known[file]) + " parameters"; !strings.Contains(head, total) {
			t.Errorf("%s: comment doesn't state %q", path, total)
		}
		if !strings.Contains(head, "# Source: ") {
			t.Errorf("%s: comment names no source", path)
		}
	}
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
