package provisioner

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/provisioner/metric"
)

// apply makes every object as rendered: in order, each that differs with one
// server-side apply, and none that does not.
//
// Applies carry no precondition on the Store, there is none to carry. They are
// safe because all they write is rendered: should a reconcile of a deleted store
// outlive it and write into a new one of the same name, the next reconcile of
// the new store, which its creation has queued, sees objects that are not as
// rendered and puts them right, and prunes what does not belong. Secrets, which
// are not rendered, name the Store they were made for.
//
// Objects of a new shop are applied together rather than in waves: pods wait for
// what they need by themselves, and only a bootstrap Job waits for its
// predecessor's pods. In a shop that serves each has its turn, see succession.
func (p *Provisioner) apply(ctx context.Context, w *work) *stop {
	w.begun = true
	held, halt := p.supersede(ctx, w)
	if halt != nil {
		return halt
	}
	succession := p.succession(w)
	var failures []failure
	var wait string
	for _, d := range w.release.objects {
		if held[d.name] && d.kind.GroupKind() == kindJob {
			continue
		}
		if reason := succession.turn(d); reason != "" && !p.isAsRendered(w, d) {
			if wait == "" || reason == ReasonWaitingForDatabase {
				wait = reason
			}
			continue
		}
		if err := p.applyObject(ctx, w, d, succession.settled); err != nil {
			failed := classify(d, err)
			failures = append(failures, failed)
			if failed.final() || ctx.Err() != nil {
				break
			}
		}
	}
	if len(failures) > 0 {
		return stopFor(failures)
	}
	if len(held) > 0 {
		return waiting(ReasonWaitingForPredecessor, "the previous bootstrap Job's pods are stopping; the new one starts after them")
	}
	if wait != "" {
		return w.wait(wait)
	}
	return nil
}

// isAsRendered tells it of an object that is rendered and never fitted to what lives.
func (p *Provisioner) isAsRendered(w *work, d *desired) bool {
	of, served := p.caches.kind(d.kind.GroupKind())
	return served && d.asRendered(p.live(of, w.namespace, d.name))
}

func (p *Provisioner) applyObject(ctx context.Context, w *work, d *desired, settled bool) (err error) {
	of, served := p.caches.kind(d.kind.GroupKind())
	if !served || of.kind.Version != d.kind.Version {
		return &kindNotServedError{d.kind}
	}
	live := p.live(of, w.namespace, d.name)
	seen := p.cached(of, w.namespace, d.name)
	d, err = settle(d, seen)
	if err == nil {
		d, err = p.withVolumes(w, d)
	}
	if err == nil && !settled {
		d, err = withRoom(d, seen)
	}
	if err != nil {
		return err
	}
	if repeated, err := p.repeat(ctx, w, of, live); err != nil {
		return err
	} else if repeated {
		live = nil
	}
	if d.asRendered(live) {
		metric.Apply(d.kind.Kind, metric.Unchanged)
		return nil
	}
	if d.kind.GroupKind() == kindClaim && p.uncounted(w) {
		return errUncounted
	}
	ctx, end := step(ctx, "Apply object", attributeKind.String(d.kind.Kind), attributeObject.String(d.name))
	defer func() { end(reasonOf(err)) }()
	client := p.metadata.Resource(of.resource).Namespace(w.namespace)
	force := true
	written, err := client.Patch(ctx, d.name, types.ApplyPatchType, d.body, metav1.PatchOptions{FieldManager: FieldManager, Force: &force})
	if apierrors.IsInvalid(err) && live != nil && validAsNew(ctx, client, d) {
		return p.replace(ctx, of, w.namespace, live)
	}
	if err != nil {
		metric.Apply(d.kind.Kind, metric.Failed)
		if p.measuredLate(w, d, seen, err) {
			return fmt.Errorf("%w: %w", errMeasuredLate, err)
		}
		return p.orCannotGrow(ctx, d, seen, err)
	}
	metric.Apply(d.kind.Kind, metric.Applied)
	klog.FromContext(ctx).V(3).Info("Applied", "kind", d.kind.Kind, "name", d.name)
	trimMetadata(written)
	p.recent.remember(p.clock.Now(), objectKey{d.kind.GroupKind(), w.namespace, d.name}, written)
	return nil
}

// live returns an object as it was seen last, nil for none; our own writes count
// as seen.
func (p *Provisioner) live(of *kindCache, namespace, name string) metav1.Object {
	return p.recent.newest(p.clock.Now(), objectKey{of.kind.GroupKind(), namespace, name}, p.cached(of, namespace, name))
}

// cached returns an object as its informer saw it last, nil for none.
func (p *Provisioner) cached(of *kindCache, namespace, name string) metav1.Object {
	item, found, err := of.informer.GetStore().GetByKey(namespace + "/" + name)
	if err != nil || !found {
		return nil
	}
	object, _ := item.(metav1.Object)
	return object
}

// validAsNew tells, of an object that the API server finds invalid, whether it is
// only the change from the one before that is: then the same content passes
// under another name, in a dry run. Of the immutable kinds that is asked for
// StatefulSets; Jobs have another name for each content, claims are settled.
func validAsNew(ctx context.Context, client metadata.ResourceInterface, d *desired) bool {
	if d.kind.GroupKind() != kindStatefulSet {
		return false
	}
	other := &unstructured.Unstructured{}
	if err := other.UnmarshalJSON(d.body); err != nil {
		return false
	}
	other.SetName(d.name + "-anew")
	body, err := other.MarshalJSON()
	if err != nil {
		return false
	}
	force := true
	_, err = client.Patch(ctx, other.GetName(), types.ApplyPatchType, body, metav1.PatchOptions{
		FieldManager: FieldManager, Force: &force, DryRun: []string{metav1.DryRunAll},
	})
	return err == nil
}

// replace deletes an object that cannot be changed in place and leaves its pods
// running: the next reconcile, which the deletion queues, makes it anew and it
// takes them over.
func (p *Provisioner) replace(ctx context.Context, of *kindCache, namespace string, live metav1.Object) error {
	uid, orphan := live.GetUID(), metav1.DeletePropagationOrphan
	err := p.metadata.Resource(of.resource).Namespace(namespace).Delete(ctx, live.GetName(), metav1.DeleteOptions{
		PropagationPolicy: &orphan,
		Preconditions:     &metav1.Preconditions{UID: &uid},
	})
	if err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Replacing an object whose change is immutable; its pods keep running", "kind", of.kind.Kind, "name", live.GetName())
	metric.Apply(of.kind.Kind, metric.Replaced)
	return errReplacing
}
