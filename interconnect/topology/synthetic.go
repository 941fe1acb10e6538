package topology

import "fmt"

// Mesh is a grid of w x h routers with an endpoint each. Endpoint and router
// x + w y are at column x and row y. Routing is x first, then y.
func Mesh(w, h int) (*Graph, error) { return grid(lattice{NetworkMesh, []int{w, h}, false}) }

// Torus is a Mesh whose rows and columns of more than two routers are rings. It
// needs two lanes then.
func Torus(w, h int) (*Graph, error) { return grid(lattice{NetworkTorus, []int{w, h}, true}) }

// Ring is n routers in a ring, with an endpoint each.
func Ring(n int) (*Graph, error) { return grid(lattice{NetworkRing, []int{n}, true}) }

// Crossbar is one router with n endpoints.
func Crossbar(n int) (*Graph, error) {
	if n < 1 || n > maxNodes {
		return nil, fmt.Errorf("topology: crossbar: 1 to %d endpoints, got %d", maxNodes, n)
	}
	var attached []attachment
	for i := range n {
		attached = append(attached, endpoint(i, 0))
	}
	return synthetic(crossbar{}, attached, []int{0})
}

// grid is a lattice with one endpoint at every router, cut into bands.
func grid(l lattice) (*Graph, error) {
	if err := l.validate(); err != nil {
		return nil, err
	}
	var attached []attachment
	for r := range l.routers() {
		attached = append(attached, endpoint(r, r))
	}
	g, err := synthetic(l, attached, l.bands())
	if err != nil {
		return nil, err
	}
	g.grid = &l
	return g, nil
}

// synthetic is a fabric with endpoints; domain[i] is the domain of router i and
// what is attached to it.
func synthetic(f fabric, attached []attachment, domain []int) (*Graph, error) {
	g, err := attach(f, func(int) int { return NoGroup }, attached)
	if err != nil {
		return nil, err
	}
	marks := make([]int, len(g.nodes))
	for i, h := range g.homes(0) {
		marks[i] = domain[h.router]
	}
	g.setDomains(marks)
	return g, nil
}

func endpoint(i, router int) attachment {
	return attachment{KindEndpoint, fmt.Sprintf("Endpoint[%d]", i), NoGroup, router, LevelEndpoint}
}

// crossbar is one router.
type crossbar struct{}

func (crossbar) kind() string    { return NetworkCrossbar }
func (crossbar) routing() string { return RoutingShortest }
func (crossbar) lanes() int      { return 1 }
func (crossbar) routers() int    { return 1 }
func (crossbar) links() []Edge   { return nil }
func (crossbar) degree(int) int  { return 0 }

// router is never asked: there is no other one.
func (crossbar) router() func(at, dest int) step {
	return func(_, _ int) step { return step{port: nowhere, lane: sameLane} }
}
