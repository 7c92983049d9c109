package faults

import (
	"fmt"
	"math/rand/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// step is one thing that a user does to a store.
type step struct {
	name string
	// change is the new spec of a step that changes it, patch the same as a merge patch.
	change func(*v1alpha1.StoreSpec)
	patch  string
}

const (
	stepOrder  = "order"
	stepAwait  = "await" // until it is as its spec says
	stepRemove = "remove"
)

var (
	upgrades = map[string][2]string{"medusa": {"2.20.1", "2.21.2"}, "woocommerce": {"10.8.0", "10.9.4"}}
	tunings  = map[string]string{"medusa": `{"currency":"usd"}`, "woocommerce": `{"currency":"USD"}`}
)

// script is all that happens to one store, in order.
type script struct {
	name  string
	spec  v1alpha1.StoreSpec
	steps []step
	// removed and suspended tell how the store ends.
	removed, suspended bool
}

// write writes the scripts of a seed. Each kind of step occurs in any eight
// stores; which come together, in which order, and whether a store is ready in
// between, is the seed's.
func writeScripts(seed uint64, stores int) []*script {
	dice := rand.New(rand.NewPCG(seed, 1))
	scripts := make([]*script, 0, stores)
	for i := range stores {
		engine := []string{"medusa", "woocommerce"}[dice.IntN(2)]
		version := upgrades[engine]
		s := &script{
			name: fmt.Sprintf("churn-%03d", i),
			spec: v1alpha1.StoreSpec{Engine: engine, Version: version[0], Plan: "starter"},
		}
		s.add(step{name: stepOrder})
		sometimes := func() {
			if dice.IntN(5) < 2 {
				s.add(step{name: stepAwait})
			}
		}
		sometimes()
		changes := []step{
			{name: "upgrade", patch: fmt.Sprintf(`{"spec":{"version":%q}}`, version[1]),
				change: func(spec *v1alpha1.StoreSpec) { spec.Version = version[1] }},
			{name: "plan", patch: `{"spec":{"plan":"business"}}`,
				change: func(spec *v1alpha1.StoreSpec) { spec.Plan = "business" }},
			{name: "tune", patch: `{"spec":{"parameters":` + tunings[engine] + `}}`,
				change: func(spec *v1alpha1.StoreSpec) {
					spec.Parameters = &v1alpha1.JSONObject{Raw: []byte(tunings[engine])}
				}},
		}
		dice.Shuffle(len(changes), func(a, b int) { changes[a], changes[b] = changes[b], changes[a] })
		for _, change := range changes[:1+dice.IntN(len(changes))] {
			s.add(change)
			sometimes()
		}
		if i%4 == 1 {
			s.suspended = true
			s.add(suspension(true))
			if sometimes(); i%8 == 1 {
				s.suspended = false
				s.add(suspension(false))
				sometimes()
			}
		}
		if i%4 == 2 {
			s.removed = true
			s.add(step{name: stepRemove})
		}
		scripts = append(scripts, s)
	}
	return scripts
}

func suspension(on bool) step {
	name := "resume"
	if on {
		name = "suspend"
	}
	return step{name: name, patch: fmt.Sprintf(`{"spec":{"suspend":%t}}`, on),
		change: func(spec *v1alpha1.StoreSpec) { spec.Suspend = on }}
}

func (s *script) add(one step) { s.steps = append(s.steps, one) }

// length is the number of steps of all.
func length(scripts []*script) (steps int) {
	for _, s := range scripts {
		steps += len(s.steps)
	}
	return steps
}
