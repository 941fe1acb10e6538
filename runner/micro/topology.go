package micro

import (
	"fmt"
	"strconv"
	"strings"

	"mozart/interconnect/topology"
)

// maxEndpoints bounds the tables of routes.
const maxEndpoints = 4096

// TopologyForms lists how ParseTopology's names look.
func TopologyForms() []string {
	return []string{"nop-tree", "nop-tree:AxBx...", "mesh:WxH", "torus:WxH", "ring:N", "crossbar:N"}
}

// ParseTopology makes the network of a name:
//
//	nop-tree            the tree of the reference curves: a root with its router, 4 switches of 4 leaves
//	nop-tree:AxBx...xZ  a root with its router, A switches below it, B below each, ..., Z leaves at each lowest one
//	mesh:WxH torus:WxH  an endpoint at each of W x H routers
//	ring:N crossbar:N   N endpoints
//
// The root is endpoint 0. The error of another name says so.
func ParseTopology(name string) (*topology.Graph, error) {
	kind, sizes, sized := strings.Cut(name, ":")
	if !sized && kind == topology.NetworkNoPTree {
		sizes = "4x4"
	}
	n, err := dimensions(sizes)
	want := func(form string) error { return fmt.Errorf("topology: found %q, want %s", name, form) }
	switch kind {
	case topology.NetworkNoPTree:
		if err != nil || len(n) < 2 {
			return nil, want("nop-tree or nop-tree:AxB, nop-tree:AxBxC, ..., the children of the root's router and of each level below")
		}
		return bounded(name, n, func() (*topology.Graph, error) { return tree(n) })
	case topology.NetworkMesh, topology.NetworkTorus:
		if err != nil || len(n) != 2 {
			return nil, want(kind + ":WxH")
		}
		return bounded(name, n, func() (*topology.Graph, error) {
			if kind == topology.NetworkMesh {
				return topology.Mesh(n[0], n[1])
			}
			return topology.Torus(n[0], n[1])
		})
	case topology.NetworkRing, topology.NetworkCrossbar:
		if err != nil || len(n) != 1 {
			return nil, want(kind + ":N")
		}
		return bounded(name, n, func() (*topology.Graph, error) {
			if kind == topology.NetworkRing {
				return topology.Ring(n[0])
			}
			return topology.Crossbar(n[0])
		})
	}
	return nil, want("one of " + strings.Join(TopologyForms(), ", "))
}

func tree(n []int) (*topology.Graph, error) {
	last := len(n) - 1
	return topology.NoPTree(topology.TreeSpec{Groups: n[0], Levels: n[1:last], ChipletsPerGroup: n[last], RootRouter: true})
}

func bounded(name string, sizes []int, build func() (*topology.Graph, error)) (*topology.Graph, error) {
	ends := 1
	for _, n := range sizes {
		if ends *= n; ends > maxEndpoints {
			return nil, fmt.Errorf("topology: %s has more than %d endpoints", name, maxEndpoints)
		}
	}
	return build()
}

// dimensions reads positive numbers separated by x.
func dimensions(text string) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(text, "x") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > maxEndpoints {
			return nil, fmt.Errorf("topology: %q is no size", part)
		}
		list = append(list, n)
	}
	return list, nil
}
