package health

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// routed judges whether the shop's hosts lead to it; ok is false for a shop
// without a route.
func routed(o *Observation) (verdict Verdict, ok bool) {
	routes := 0
	for _, e := range o.Expected {
		var failed *Verdict
		switch e.Kind {
		case "Ingress":
			failed = o.ingress(e.Name)
		case "HTTPRoute":
			failed = o.httpRoute(e.Name)
		default:
			continue
		}
		routes++
		if failed != nil {
			return *failed, true
		}
	}
	if len(o.Conflicts) > 0 {
		return hostConflict(o.Conflicts), true
	}
	return Holds("the shop's hosts are routed to it"), routes > 0
}

func hostConflict(conflicts []Conflict) Verdict {
	conflicts = slices.Clone(conflicts)
	slices.SortFunc(conflicts, func(a, b Conflict) int { return cmp.Compare(a.Host, b.Host) })
	var taken []string
	for _, c := range conflicts {
		taken = append(taken, c.Host+" (Store "+c.Store+")")
	}
	return Fails(Stalled, ReasonHostConflict,
		"hosts that an older Store has are not routed here: %s; remove them from spec.hosts of one of the two", strings.Join(taken, ", "))
}

// ingress asks for the object alone: many controllers never publish an address.
func (o *Observation) ingress(name string) *Verdict {
	if slices.ContainsFunc(o.Ingresses, func(i *networkingv1.Ingress) bool { return i.Name == name }) {
		return nil
	}
	return fails(Working, ReasonRouteMissing, "Ingress %s is not created yet; if it stays so, ResourcesApplied says why", name)
}

func (o *Observation) httpRoute(name string) *Verdict {
	at := slices.IndexFunc(o.HTTPRoutes, func(r *unstructured.Unstructured) bool { return r.GetName() == name })
	if at < 0 {
		return fails(Working, ReasonRouteMissing, "HTTPRoute %s is not created yet; if it stays so, ResourcesApplied says why", name)
	}
	parents, _, err := unstructured.NestedSlice(o.HTTPRoutes[at].Object, "status", "parents")
	if err != nil || len(parents) == 0 {
		return fails(Working, ReasonRoutePending,
			"no Gateway has accepted HTTPRoute %s; check that the platform's routing.gateway names one that allows routes from namespace %s", name, o.Namespace)
	}
	for _, parent := range parents {
		fields, _ := parent.(map[string]any)
		conditions, _, err := unstructured.NestedSlice(fields, "conditions")
		if err != nil {
			continue
		}
		for _, condition := range conditions {
			fields, _ := condition.(map[string]any)
			kind, _, _ := unstructured.NestedString(fields, "type")
			status, _, _ := unstructured.NestedString(fields, "status")
			text, _, _ := unstructured.NestedString(fields, "message")
			if (kind == "Accepted" || kind == "ResolvedRefs") && status == "False" {
				return fails(Broken, ReasonRouteRejected, "the Gateway refuses HTTPRoute %s: %s Correct the Gateway or the hosts", name, sentence(text))
			}
		}
	}
	return nil
}
