package health

import "strings"

// check returns what is wrong with a part of a shop, or nil.
type check func(part) *Verdict

// runningChecks are asked of every part that is to run, causes before their effects.
var runningChecks = []check{
	exists,
	podsAreAccepted,
	claimsAreBound,
	podsAreScheduled,
	imagesArePulled,
	containersAreConfigured,
	memorySuffices,
	containersStayUp,
	podsLive,
	rolledOut,
	replicasAreReady,
}

func first(p part, checks []check) *Verdict {
	for _, check := range checks {
		if verdict := check(p); verdict != nil {
			return verdict
		}
	}
	return nil
}

func fails(outlook Outlook, reason, format string, args ...any) *Verdict {
	verdict := Fails(outlook, reason, format, args...)
	return &verdict
}

// running judges the components that make up one condition, in order; ok is
// false where the shop has none of them.
func running(o *Observation, components ...string) (verdict Verdict, ok bool) {
	var names []string
	for _, component := range components {
		p := o.part(component)
		if len(p.workloads) == 0 {
			continue
		}
		checks := runningChecks
		if o.suspended() {
			checks = []check{exists, scaledDown}
		}
		if failed := first(p, checks); failed != nil {
			return *failed, true
		}
		for _, w := range p.workloads {
			names = append(names, w.kind+" "+w.name)
		}
	}
	if len(names) == 0 {
		return Verdict{}, false
	}
	if o.suspended() {
		return Fails(Settled, ReasonSuspended, "scaled to zero because spec.suspend is true; the data is kept"), true
	}
	return Holds("all replicas of %s are ready", strings.Join(names, ", ")), true
}

func exists(p part) *Verdict {
	for _, w := range p.workloads {
		if !w.exists {
			return fails(Working, ReasonNotCreated, "%s %s is not created yet", w.kind, w.name)
		}
	}
	return nil
}

func scaledDown(p part) *Verdict {
	for _, w := range p.workloads {
		if w.existing > 0 || w.desired > 0 || !w.seen {
			return fails(Working, ReasonSuspending, "%s %s is being scaled to zero", w.kind, w.name)
		}
	}
	if len(p.pods) > 0 || p.draining(p.component) {
		return fails(Working, ReasonSuspending, "pods of component %s are stopping", p.component)
	}
	return nil
}

// podsAreAccepted asks only while pods are missing: the events that tell of a
// refusal outlive it.
func podsAreAccepted(p part) *Verdict {
	if !p.quotasAreCounted() {
		return nil
	}
	for _, w := range p.workloads {
		if w.existing >= w.desired {
			continue
		}
		refusal := w.refusal
		if refusal == "" {
			refusal = p.refusalOf(string(w.uid))
		}
		if refusal == "" {
			continue
		}
		if full := p.quotaIsFull(w); full != nil {
			return full
		}
		return fails(Broken, ReasonPodsRefused,
			"the API server refuses pods of %s %s: %s It is tried again when the policy or webhook that refuses them is changed",
			w.kind, w.name, sentence(refusal))
	}
	return nil
}

// refusalOf returns the newest event of an object; its text is Kubernetes' own.
func (o *Observation) refusalOf(uid string) string {
	var text string
	var newest int64
	for _, event := range o.Refusals {
		at := event.LastTimestamp.UnixNano()
		if event.LastTimestamp.IsZero() {
			at = event.EventTime.UnixNano()
		}
		if string(event.InvolvedObject.UID) == uid && (text == "" || at > newest) {
			text, newest = event.Message, at
		}
	}
	return text
}

func rolledOut(p part) *Verdict {
	if p.wasSettled() {
		return nil // what is missing now was lost, see replicasAreReady
	}
	for _, w := range p.workloads {
		if w.behind || !w.seen || w.updated < w.desired || w.existing > w.desired {
			return fails(Working, ReasonRollingOut, "%s %s is rolling out", w.kind, w.name)
		}
	}
	return nil
}

func replicasAreReady(p part) *Verdict {
	for _, w := range p.workloads {
		if w.seen && w.ready >= w.desired && w.updated >= w.desired {
			continue
		}
		if p.wasSettled() {
			return fails(Broken, ReasonReplicasUnavailable,
				"%s %s has lost ready replicas; they are replaced by themselves, `kubectl -n %s describe pods -l %s=%s` shows how far",
				w.kind, w.name, p.Namespace, labelComponent, p.component)
		}
		return fails(Working, ReasonStarting, "pods of %s %s are not ready yet", w.kind, w.name)
	}
	return nil
}
