package plan

// LoadRanks lets tests see the ranks that the schedule gets.
func LoadRanks(p *Plan) [][]int { return p.loadRanks() }

// CheckCapacity lets tests check needs of their own.
func CheckCapacity(p *Plan) error { return p.checkCapacity() }
