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

// Answer is what came of asking a shop once.
type Answer struct {
	// Outcome is the kind of answer.
	Outcome Outcome
	// Status is the HTTP status; zero where there was none.
	Status int
	// Location is the scheme and host that a redirect leads to; empty for one in a circle.
	Location string
}

// Outcome is a kind of answer.
type Outcome string

// Kinds of answers.
const (
	// Answered is a good answer.
	Answered Outcome = "answered"
	// Unexpected is an answer with a status that is not a good answer's.
	Unexpected Outcome = "unexpected"
	// Refused is an answer that keeps out who asked: by a password, or because of its rate.
	Refused Outcome = "refused"
	// Redirected leads to a host that is not the shop's, or in a circle.
	Redirected Outcome = "redirected"
	// Unaddressed is a shop whose Service has no address in the cluster.
	Unaddressed Outcome = "unaddressed"
	// Unconnected is a shop that takes no connection.
	Unconnected Outcome = "unconnected"
	// Silent is a shop that takes the connection and does not answer in time.
	Silent Outcome = "silent"
	// Garbled is no HTTP, or an answer that breaks off.
	Garbled Outcome = "garbled"
)

// StorefrontPatience is how many bad answers in a row it takes until a shop that
// answered does not: one may be a restart, or the network's.
const StorefrontPatience = 3

// reachable judges whether the shop answers its customers; ok is false where that
// is not known to anybody. It is asked for while the application is ready only:
// before, ApplicationReady says what is wrong, and says it better.
func (o *Observation) reachable(application Verdict) (verdict Verdict, ok bool) {
	seen := o.Storefront
	switch {
	case seen == nil:
		return Verdict{}, false
	case seen.Disabled:
		return unknown(ReasonProbeDisabled, "the platform's storefrontProbe is Disabled: nobody asks whether the shop answers its customers"), true
	case o.suspended():
		return Fails(Settled, ReasonSuspended, "a suspended shop is not asked"), true
	case application.Status != metav1.ConditionTrue:
		return Fails(Working, ReasonApplicationNotReady, "the shop is asked when its application is ready; ApplicationReady says what that waits for"), true
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
		return unknown(ReasonProbePending, "the shop has not been asked yet")
	}
	return Fails(Working, ReasonProbePending, "the shop has not been asked yet whether it answers its customers")
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
			"the shop answers its customers with status %d; its log tells why ("+log+")", a.Status, namespace)
	case Refused:
		return Fails(outlook, ReasonProbeRefused,
			"the shop answers with status %d to who is not logged in; take the password off the shop, or let user agent store-platform through", a.Status)
	case Redirected:
		if a.Location == "" {
			return Fails(outlook, ReasonStorefrontRedirects,
				"the shop redirects its customers in a circle; see that it believes X-Forwarded-Proto, and that its own address is the store's")
		}
		return Fails(outlook, ReasonStorefrontRedirects,
			"the shop sends its customers to %s, which is no address of this store; correct the shop's own address, or add its host to spec.hosts", a.Location)
	case Unaddressed:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the shop's Service has no address in the cluster; delete it, it is made anew (`kubectl -n %s delete service application`)", namespace)
	case Unconnected:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the application is ready and takes no connection at the shop's Service; see that it listens on the port of its engine, and that NetworkPolicies admit the pods that the platform's network.prober selects (`kubectl -n %s get endpointslices,networkpolicies`)", namespace)
	case Silent:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"the shop takes the connection and does not answer in time; it may be overloaded: look at its log ("+log+"), or choose a larger plan", namespace)
	default:
		return Fails(outlook, ReasonStorefrontUnreachable,
			"what the shop answers is no HTTP, or breaks off; its log tells why ("+log+")", namespace)
	}
}
