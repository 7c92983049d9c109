package health

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// finding is the verdict on one condition.
type finding struct {
	condition string
	Verdict
}

// Observe judges a store that is not being deleted.
func Observe(o *Observation) Report {
	return o.summarise(o.findings())
}

// findings are the domain conditions, causes before their effects: of two
// equally grave ones the first is what the store's Ready condition tells.
func (o *Observation) findings() []finding {
	findings := []finding{{v1alpha1.ConditionResourcesApplied, o.Applied}}
	add := func(condition string, verdict Verdict, ok bool) {
		if ok {
			findings = append(findings, finding{condition, verdict})
		}
	}
	database, ok := running(o, ComponentDatabase)
	add(v1alpha1.ConditionDatabaseReady, database, ok)
	bootstrap, ok := bootstrapped(o)
	add(v1alpha1.ConditionBootstrapComplete, bootstrap, ok)
	application, ok := running(o, ComponentCache, ComponentApplication)
	add(v1alpha1.ConditionApplicationReady, application, ok)
	route, ok := routed(o)
	add(v1alpha1.ConditionRouteReady, route, ok)
	storefront, ok := o.reachable(application)
	add(v1alpha1.ConditionStorefrontReachable, storefront, ok)
	return findings
}

func (o *Observation) condition(kind string, verdict Verdict) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: verdict.Status, Reason: verdict.Reason, Message: verdict.Message,
		ObservedGeneration: o.Store.Generation,
	}
}
