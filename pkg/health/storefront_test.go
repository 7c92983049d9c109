package health

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// answers is a shop that gave an answer for the n-th time in a row.
func answers(answer Answer, failures int) func(*Observation) {
	return func(o *Observation) { o.Storefront = &Storefront{Answer: &answer, Failures: failures} }
}

func unaskedYet(o *Observation) { o.Storefront = &Storefront{} }

// told is a store whose status says so of its storefront already.
func told(status metav1.ConditionStatus, reason string) func(*Observation) {
	return func(o *Observation) {
		meta.SetStatusCondition(&o.Store.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionStorefrontReachable, Status: status, Reason: reason, Message: "as told before"})
	}
}

func toldReady(o *Observation) {
	settled(o)
	meta.SetStatusCondition(&o.Store.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: ReasonReady})
}

func TestStorefront(t *testing.T) {
	type want struct {
		Status metav1.ConditionStatus
		Reason string
		Phase  v1alpha1.StorePhase
		Ready  string // the reason of Ready
	}
	const yes, no, unknown = metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown
	broken := Answer{Outcome: Unexpected, Status: 500}
	tests := []struct {
		name, reason string
		change       []func(*Observation)
		want         want
		// says is in the message.
		says string
	}{
		{"answers", "a shop that answers serves", []func(*Observation){answers(Answer{Outcome: Answered}, 0)},
			want{yes, ReasonReady, v1alpha1.StoreReady, ReasonReady}, "answers its customers"},
		{"disabled", "where nobody asks, nothing is held back", []func(*Observation){func(o *Observation) { o.Storefront = &Storefront{Disabled: true} }},
			want{unknown, ReasonProbeDisabled, v1alpha1.StoreReady, ReasonReady}, "storefrontProbe"},
		{"disabled and broken", "what is broken for another reason stays so", []func(*Observation){databaseDown, func(o *Observation) { o.Storefront = &Storefront{Disabled: true} }},
			want{unknown, ReasonProbeDisabled, v1alpha1.StoreProvisioning, ReasonStarting}, ""},
		{"not asked", "nobody calls a new shop ready before it has answered", []func(*Observation){unaskedYet},
			want{no, ReasonProbePending, v1alpha1.StoreProvisioning, ReasonProbePending}, "not been probed yet"},
		{"not asked, ready already", "a platform that begins to ask takes nobody's readiness away", []func(*Observation){toldReady, unaskedYet},
			want{unknown, ReasonProbePending, v1alpha1.StoreReady, ReasonReady}, ""},
		{"not asked, answered before", "a new leader believes what was found out until it has asked", []func(*Observation){toldReady, told(yes, ReasonReady), unaskedYet},
			want{yes, ReasonReady, v1alpha1.StoreReady, ReasonReady}, "as told before"},
		{"not asked, broken before", "also where that was bad", []func(*Observation){settled, told(no, ReasonStorefrontError), unaskedYet},
			want{no, ReasonStorefrontError, v1alpha1.StoreDegraded, ReasonStorefrontError}, "as told before"},
		{"not asked, waited before", "that nobody was asked is not what was found out", []func(*Observation){told(no, ReasonApplicationNotReady), unaskedYet},
			want{no, ReasonProbePending, v1alpha1.StoreProvisioning, ReasonProbePending}, ""},
		{"application down", "ApplicationReady says it better", []func(*Observation){answers(broken, 9), func(o *Observation) { o.Deployments[0].Status.ReadyReplicas = 0 }},
			want{no, ReasonApplicationNotReady, v1alpha1.StoreProvisioning, ReasonStarting}, "ApplicationReady"},
		{"suspended", "a shop that is to rest is as it should be", []func(*Observation){suspended, answers(broken, 9)},
			want{no, ReasonSuspended, v1alpha1.StoreSuspended, ReasonSuspended}, ""},
		{"first failure of a new shop", "it may be about to answer", []func(*Observation){answers(Answer{Outcome: Unconnected}, 1)},
			want{no, ReasonStorefrontUnreachable, v1alpha1.StoreProvisioning, ReasonStorefrontUnreachable}, "network.prober"},
		{"one failure of a shop that answered", "one may be a restart, or the network's", []func(*Observation){toldReady, told(yes, ReasonReady), answers(broken, StorefrontPatience-1)},
			want{yes, ReasonReady, v1alpha1.StoreReady, ReasonReady}, "as told before"},
		{"one failure of a shop that was ready", "also of one that was not asked before", []func(*Observation){toldReady, told(unknown, ReasonProbePending), answers(broken, 1)},
			want{unknown, ReasonProbePending, v1alpha1.StoreReady, ReasonReady}, ""},
		{"failures of a shop that answered", "several are not", []func(*Observation){toldReady, told(yes, ReasonReady), answers(broken, StorefrontPatience)},
			want{no, ReasonStorefrontError, v1alpha1.StoreDegraded, ReasonStorefrontError}, "status 500"},
		{"failures of a new shop", "it is not ready, and was not", []func(*Observation){answers(broken, StorefrontPatience)},
			want{no, ReasonStorefrontError, v1alpha1.StoreProvisioning, ReasonStorefrontError}, "kubectl -n store-acme logs"},
		{"one failure after failures", "no single answer makes a broken shop whole", []func(*Observation){settled, told(no, ReasonStorefrontError), answers(broken, 1)},
			want{no, ReasonStorefrontError, v1alpha1.StoreDegraded, ReasonStorefrontError}, "status 500"},
		{"answers again", "one good answer does", []func(*Observation){settled, told(no, ReasonStorefrontError), answers(Answer{Outcome: Answered}, 0)},
			want{yes, ReasonReady, v1alpha1.StoreReady, ReasonReady}, ""},
		{"password", "nobody can buy behind one", []func(*Observation){answers(Answer{Outcome: Refused, Status: 401}, StorefrontPatience)},
			want{no, ReasonProbeRefused, v1alpha1.StoreProvisioning, ReasonProbeRefused}, "status 401"},
		{"elsewhere", "customers would leave", []func(*Observation){answers(Answer{Outcome: Redirected, Status: 301, Location: "https://other.example"}, StorefrontPatience)},
			want{no, ReasonStorefrontRedirects, v1alpha1.StoreProvisioning, ReasonStorefrontRedirects}, "https://other.example"},
		{"circle", "browsers give up on one", []func(*Observation){answers(Answer{Outcome: Redirected, Status: 301}, StorefrontPatience)},
			want{no, ReasonStorefrontRedirects, v1alpha1.StoreProvisioning, ReasonStorefrontRedirects}, "X-Forwarded-Proto"},
		{"no address", "nothing can be routed to it", []func(*Observation){answers(Answer{Outcome: Unaddressed}, StorefrontPatience)},
			want{no, ReasonStorefrontUnreachable, v1alpha1.StoreProvisioning, ReasonStorefrontUnreachable}, "delete service application"},
		{"silent", "a customer does not wait for ever", []func(*Observation){answers(Answer{Outcome: Silent}, StorefrontPatience)},
			want{no, ReasonStorefrontUnreachable, v1alpha1.StoreProvisioning, ReasonStorefrontUnreachable}, "does not answer in time"},
		{"garbled", "no browser shows it", []func(*Observation){answers(Answer{Outcome: Garbled}, StorefrontPatience)},
			want{no, ReasonStorefrontUnreachable, v1alpha1.StoreProvisioning, ReasonStorefrontUnreachable}, "is not HTTP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy()
			for _, change := range tt.change {
				change(o)
			}
			report := Observe(o)
			found := meta.FindStatusCondition(report.Conditions, v1alpha1.ConditionStorefrontReachable)
			ready := meta.FindStatusCondition(report.Conditions, v1alpha1.ConditionReady)
			if found == nil || ready == nil {
				t.Fatalf("the report lacks a condition: %v", report.Conditions)
			}
			if diff := cmp.Diff(tt.want, want{found.Status, found.Reason, report.Phase, ready.Reason}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
			if !strings.Contains(found.Message, tt.says) {
				t.Errorf("message %q does not say %q", found.Message, tt.says)
			}
		})
	}
}

// TestStorefrontThatNobodyKnows holds a shop that cannot be asked to have no such
// condition, rather than one that guesses.
func TestStorefrontThatNobodyKnows(t *testing.T) {
	report := Observe(healthy())
	if found := meta.FindStatusCondition(report.Conditions, v1alpha1.ConditionStorefrontReachable); found != nil {
		t.Errorf("a condition tells of what nobody saw: %+v", found)
	}
	if !report.Ready() {
		t.Errorf("phase %s, want Ready", report.Phase)
	}
}
