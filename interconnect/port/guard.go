package port

import (
	"fmt"
	"sync/atomic"
)

// Guards belong to the engine domains of one system. With the invariants build tag
// they check that no domain touches a part of another one: that happens over links
// alone. With one thread every such touch is found; with more, those of domains
// that happen not to run (the race detector finds the others).
type Guards struct {
	on     atomic.Bool
	acting atomic.Pointer[Guard]
}

// Guard is that of one domain.
type Guard struct {
	all  *Guards
	name string
	open atomic.Bool
}

// New makes the guard of a domain.
func (g *Guards) New(name string) *Guard { return &Guard{all: g, name: name} }

// On starts the checks, Off ends them: parts may be touched by anybody between two
// runs.
func (g *Guards) On() { g.on.Store(true) }

// Off is described with On.
func (g *Guards) Off() { g.on.Store(false) }

// Enter says that the domain acts from now on, Leave that it does no more.
func (g *Guard) Enter() {
	if Invariants {
		g.all.acting.Store(g)
		g.open.Store(true)
	}
}

// Leave is described with Enter.
func (g *Guard) Leave() {
	if Invariants {
		g.open.Store(false)
	}
}

// check panics if the domain does not act.
func (g *Guard) check(owner Sleeper) {
	if g == nil || g.open.Load() || !g.all.on.Load() {
		return
	}
	part := fmt.Sprintf("%T", owner)
	if named, ok := owner.(interface{ Name() string }); ok {
		part = named.Name()
	}
	other := "nobody"
	if acting := g.all.acting.Load(); acting != nil {
		other = acting.name
	}
	panic(fmt.Sprintf("%s of %s touched by %s", part, g.name, other))
}
