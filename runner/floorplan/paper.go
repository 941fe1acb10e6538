package floorplan

// PaperRow is a model's system in the Mozart paper (arXiv 2603.07006v1, Table 2): area
// with DRAM, and power with DRAM. The paper gives neither tiles and processing elements
// per model nor what the numbers are made of.
type PaperRow struct {
	Model   string
	AreaMM2 float64
	PowerW  float64
}

// Paper lists the rows of the paper. Models are called as their configurations call
// them.
func Paper() []PaperRow {
	return []PaperRow{
		{"Qwen3-30B-A3B", 14175, 3340},
		{"OLMoE-1B-7B-0924", 10200, 3550},
		{"DeepSeek-MoE-16B-base", 11230, 3190},
	}
}
