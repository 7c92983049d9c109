package health

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Storefront is what is known of a shop that is asked as a customer would ask it.
type Storefront struct {
	// Disabled tells that the platform asks no shop.
	Disabled bool
	// Answer is the last one; nil while the shop has not been asked.
	Answer *Answer
	// Failures are how many answers in a row, this one the last, were not good.
	Failures int
}

// Answer is the result of one probe.
type Answer struct {
	// Outcome is the kind of answer.
	Outcome Outcome
	// Status is the HTTP status; zero where there was none.
	Status int
	// Location is the scheme and host that a redirect leads to; empty for a loop.
	Location string
}

// Outcome is a kind of answer.
type Outcome string

// Kinds of answers.
const (
	// Answered is a good answer.
	Answered Outcome = "answered"
	// Unexpected is an answer with a status that the engine does not expect.
	Unexpected Outcome = "unexpected"
	// Refused is an answer that refuses the prober: for want of a login, or for its rate.
	Refused Outcome = "refused"
	// Redirected leads to a host that is not the shop's, or in a loop.
	Redirected Outcome = "redirected"
	// Unaddressed is a shop whose Service has no cluster IP.
	Unaddressed Outcome = "unaddressed"
	// Unconnected is a shop that accepts no connection.
	Unconnected Outcome = "unconnected"
	// Silent is a shop that accepts the connection and does not answer in time.
	Silent Outcome = "silent"
	// Garbled is an answer that is not HTTP, or is cut off.
	Garbled Outcome = "garbled"
)

// StorefrontPatience is how many bad answers in a row make a shop unreachable that has
// answered before: one may be due to a restart, or to the network.
const StorefrontPatience = 3

// reachable judges whether the shop answers its customers; ok is false where
// nothing is known of that. Only a shop whose application is ready is probed:
// before, ApplicationReady says what is wrong, and says it better.
func (o *Observation) reachable(application Verdict) (verdict Verdict, ok bool) {
	seen := o.Storefront
	switch {
	case seen == nil:
		return Verdict{}, false
	case seen.Disabled:
		return unknown(ReasonProbeDisabled, "the shop is not probed: the platform's storefrontProbe is Disabled"), true
	case o.suspended():
		return Fails(Settled, ReasonSuspended, "a suspended shop is not probed"), true
	case application.Status != metav1.ConditionTrue:
		return Fails(Working, ReasonApplicationNotReady, "the shop is probed once its application is ready; the ApplicationReady condition says what that waits for"), true
	case seen.Answer == nil:
		return o.unasked(), true
	case seen.Answer.Outcome == Answered:
		return Holds("the shop answers its customers"), true
	case seen.Failures < StorefrontPatience:
		if last := o.lastReachable(); last != nil && last.Status != metav1.ConditionFalse {
			return kept(last), true
		}
		return seen.Answer.verdict(o.Namespace, Working), true
	}
	return seen.Answer.verdict(o.Namespace, Broken), true
}

// unasked judges a shop that this process has not asked yet. What was found out
// before holds until it has: a new leader takes nobody's readiness away, nor does
// a platform that begins to ask.
func (o *Observation) unasked() Verdict {
	last := o.lastReachable()
	switch {
	case last != nil && asked[last.Reason]:
		return kept(last)
	case meta.IsStatusConditionTrue(o.Store.Status.Conditions, v1alpha1.ConditionReady):
		return unknown(ReasonProbePending, "the shop has not been probed yet")
	}
	return Fails(Working, ReasonProbePending, "the shop has not been probed yet")
}

// asked are the reasons that only an answer brings, and the one that waits for it
// without holding anything up.
var asked = map[string]bool{
	ReasonReady: true, ReasonStorefrontUnreachable: true, ReasonStorefrontError: true,
	ReasonStorefrontRedirects: true, ReasonProbeRefused: true,
}

func (o *Observation) lastReachable() *metav1.Condition {
	return meta.FindStatusCondition(o.Store.Status.Conditions, v1alpha1.ConditionStorefrontReachable)
}

func kept(last *metav1.Condition) Verdict {
	verdict := Verdict{Status: last.Status, Reason: last.Reason, Message: last.Message}
	if last.Status == metav1.ConditionFalse {
		verdict.Outlook = Broken
	}
	return verdict
}

// unknown is the verdict of a condition that holds nothing up.
func unknown(reason, text string) Verdict {
	return Verdict{Status: metav1.ConditionUnknown, Reason: reason, Message: text, Outlook: Settled}
}

// verdict says what an answer that is not good means, and what to do.
func (a *Answer) verdict(namespace string, outlook Outlook) Verdict {
	const log = "`kubectl -n %s logs -l " + labelComponent + "=" + ComponentApplication + "`"
	switch a.Outcome {
	case Unexpected:
		return Fails(outlook, ReasonStorefrontError,
			"the shop answers with HTTP status %d; its log says why ("+log+")", a.Status, namespace)
	case Refused:
		return Fails(outlook, ReasonProbeRefused,
			"the shop answers visitors without a login with HTTP status %d; remove the shop's password, or let user agent store-platform through", a.Status)
	case Redirected:
		if a.Location == "" {
			return Fails(outlook, ReasonStorefrontRedirects,
				"the shop redirects its customers in a loop; check that it trusts X-Forwarded-Proto, and that its own address is the store's")
		}
		return Fails(outlook, ReasonStorefrontRedirects,
			"the shop redirects its customers to %s, which is not an address of this store; correct the shop's own address, or add that host to spec.hosts", a.Location)
	case Unaddressed:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the shop's Service has no cluster IP; delete it (`kubectl -n %s delete service application`), and the platform creates a new one", namespace)
	case Unconnected:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the application is ready, but the shop's Service accepts no connection; check that the application listens on the port of its engine, and that NetworkPolicies admit the pods that the platform's network.prober selects (`kubectl -n %s get endpointslices,networkpolicies`)", namespace)
	case Silent:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the shop accepts the connection, but does not answer in time; it may be overloaded: read its log ("+log+"), or choose a larger plan", namespace)
	default:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the shop's answer is not HTTP, or is cut off; its log says why ("+log+")", namespace)
	}
}
