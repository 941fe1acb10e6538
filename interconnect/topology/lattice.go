package topology

import (
	"fmt"

	"mozart/interconnect/wire"
)

// lattice is a mesh, a torus or a ring: routers at the points of a grid, numbered
// with the first dimension fastest. A router's ports are, for each dimension,
// towards higher and lower coordinates, where there is a neighbor: BookSim2's
// order in its "kncube".
type lattice struct {
	name  string
	sizes []int
	// wrap closes every dimension of more than two routers to a ring. Two routers
	// are joined by one link either way.
	wrap bool
}

func (l lattice) validate() error {
	routers := 1
	for i, n := range l.sizes {
		if n < 1 || n > maxNodes {
			return fmt.Errorf("topology: %s: size %d must be 1 to %d, got %d", l.name, i, maxNodes, n)
		}
		if routers *= n; routers > maxNodes {
			return fmt.Errorf("topology: %s: more than %d routers", l.name, maxNodes)
		}
	}
	return nil
}

func (l lattice) kind() string    { return l.name }
func (l lattice) routing() string { return RoutingDimensionOrder }

// lanes are two if there is a ring: see next.
func (l lattice) lanes() int {
	for d := range l.sizes {
		if l.ring(d) {
			return 2
		}
	}
	return 1
}

func (l lattice) routers() int {
	n := 1
	for _, size := range l.sizes {
		n *= size
	}
	return n
}

func (l lattice) ring(d int) bool { return l.wrap && l.sizes[d] > 2 }

// stride is the distance of neighbors of a dimension in the numbers of routers.
func (l lattice) stride(d int) int {
	n := 1
	for _, size := range l.sizes[:d] {
		n *= size
	}
	return n
}

func (l lattice) coordinate(router, d int) int { return router / l.stride(d) % l.sizes[d] }

// port is the port of a router in dimension d towards higher (dir 0) or lower
// (dir 1) coordinates, or nowhere.
func (l lattice) port(router, d, dir int) int {
	p := 0
	for i := range d {
		p += l.neighbors(router, i)
	}
	switch {
	case !l.has(router, d, dir):
		return nowhere
	case dir == 1 && l.has(router, d, 0):
		return p + 1
	}
	return p
}

// has reports whether a router has a neighbor in a direction.
func (l lattice) has(router, d, dir int) bool {
	if l.ring(d) {
		return true
	}
	c := l.coordinate(router, d)
	if dir == 0 {
		return c < l.sizes[d]-1
	}
	return c > 0
}

// neighbors is the number of neighbors in a dimension.
func (l lattice) neighbors(router, d int) int {
	n := 0
	for dir := range 2 {
		if l.has(router, d, dir) {
			n++
		}
	}
	return n
}

func (l lattice) degree(router int) int {
	n := 0
	for d := range l.sizes {
		n += l.neighbors(router, d)
	}
	return n
}

func (l lattice) links() []Edge {
	var edges []Edge
	for r := range l.routers() {
		for d, size := range l.sizes {
			if !l.has(r, d, 0) {
				continue
			}
			c, stride := l.coordinate(r, d), l.stride(d)
			to := r + ((c+1)%size-c)*stride
			edges = append(edges, Edge{
				A: wire.NodeID(r), B: wire.NodeID(to), PortA: l.port(r, d, 0), PortB: l.port(to, d, 1), Level: LevelRouter,
			})
		}
	}
	return edges
}

// router corrects the first dimension in which two routers differ.
func (l lattice) router() func(at, dest int) step {
	type place struct {
		coordinate int
		ports      [2]int16
	}
	dims := len(l.sizes)
	places := make([]place, 0, l.routers()*dims)
	for r := range l.routers() {
		for d := range dims {
			places = append(places, place{l.coordinate(r, d), [2]int16{int16(l.port(r, d, 0)), int16(l.port(r, d, 1))}})
		}
	}
	return func(at, dest int) step {
		for d := range dims {
			from, to := &places[at*dims+d], &places[dest*dims+d]
			if from.coordinate != to.coordinate {
				dir, lane := l.turn(d, from.coordinate, to.coordinate)
				return step{port: from.ports[dir], lane: lane}
			}
		}
		return step{port: nowhere, lane: sameLane}
	}
}

// turn is the direction, 0 up and 1 down, and the lane to take in dimension d from
// coordinate a to b: on a ring by the shorter way. Of two ways of the same length,
// even coordinates send up and the others down.
//
// Lanes (Dally and Seitz, 1987): a packet that has yet to cross the link between
// the last and the first router of a ring is in lane 1, any other in lane 0. So no
// packet in lane 0 waits for lane 1, none crosses in lane 0, and in neither lane is
// there a ring of waiting packets.
func (l lattice) turn(d, a, b int) (dir int, lane uint8) {
	if !l.ring(d) {
		if a > b {
			dir = 1
		}
		return dir, 0
	}
	size := l.sizes[d]
	ahead := (b - a + size) % size
	if 2*ahead > size || 2*ahead == size && a%2 == 1 {
		dir = 1
	}
	if dir == 0 && a > b || dir == 1 && a < b {
		lane = 1
	}
	return dir, lane
}

// bands cuts the last dimension into bands of equal height, as far as it goes, and
// gives the number of each router's band.
func (l lattice) bands() []int {
	last := len(l.sizes) - 1
	bands := min(maxDomains, l.sizes[last])
	of := make([]int, l.routers())
	for r := range of {
		of[r] = l.coordinate(r, last) * bands / l.sizes[last]
	}
	return of
}

// bisection is the cheapest cut that parts the routers' endpoints, one each, in
// halves: straight through a dimension, once, or twice through a ring; if the
// dimension is odd, with a step in the layer in the middle, which is that layer's own
// bisection. Or, in small networks, half of the endpoints taken from their routers.
// The cost of a link to an endpoint must be no less than that of one between
// routers.
func (l lattice) bisection(router, endpoint cost) cost {
	least := endpoint.times(l.routers() / 2)
	for d, size := range l.sizes {
		if size == 1 {
			continue
		}
		layer := lattice{wrap: l.wrap}
		for other, n := range l.sizes {
			if other != d {
				layer.sizes = append(layer.sizes, n)
			}
		}
		c := router.times(layer.routers())
		if l.ring(d) {
			c = c.plus(c)
		}
		if size%2 == 1 {
			c = c.plus(layer.bisection(router, endpoint))
		}
		if c.less(least) {
			least = c
		}
	}
	return least
}
