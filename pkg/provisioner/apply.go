package provisioner

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/klog/v2"
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
// What bounds and isolates pods comes before what makes them; otherwise objects
// are applied several at once rather than in waves: pods wait for what they need
// by themselves. Only a bootstrap Job waits for its predecessor's pods.
func (p *Provisioner) apply(ctx context.Context, w *work) *stop {
	held, halt := p.supersede(ctx, w)
	if halt != nil {
		return halt
	}
	var failures []failure
	for _, tier := range tiers(w.release.objects) {
		due, failed := p.differing(ctx, w, tier, held)
		failed = append(failed, p.applyTogether(ctx, w, due)...)
		failures = append(failures, failed...)
		if ctx.Err() != nil || slices.ContainsFunc(failed, failure.final) {
			break
		}
	}
	if len(failures) > 0 {
		return stopFor(failures)
	}
	if len(held) > 0 {
		return waiting(ReasonWaitingForPredecessor, "the previous bootstrap Job's pods are stopping; the new one starts after them")
	}
	return nil
}

// tiers parts the objects, which are in order, before the first that makes pods.
func tiers(objects []*desired) [][]*desired {
	at := slices.IndexFunc(objects, func(d *desired) bool { return makesPods[d.kind.GroupKind()] })
	if at < 0 {
		return [][]*desired{objects}
	}
	return [][]*desired{objects[:at], objects[at:]}
}

var makesPods = map[schema.GroupKind]bool{kindStatefulSet: true, kindDeployment: true, kindJob: true, kindCronJob: true}

// change is an object that is not as rendered.
type change struct {
	*desired
	of   *kindCache
	live metav1.Object // nil for none
}

// differing returns the objects that have to be applied, which costs no request,
// and those that cannot be.
func (p *Provisioner) differing(ctx context.Context, w *work, objects []*desired, held map[string]bool) (due []change, failures []failure) {
	for _, d := range objects {
		if held[d.name] && d.kind.GroupKind() == kindJob {
			continue
		}
		of, served := p.caches.kind(d.kind.GroupKind())
		if !served || of.kind.Version != d.kind.Version {
			failures = append(failures, classify(d, &kindNotServedError{d.kind}))
			continue
		}
		live := p.live(of, w.namespace, d.name)
		settled, err := settle(d, live)
		if err != nil {
			failures = append(failures, classify(d, err))
			continue
		}
		if settled.asRendered(live) {
			applies.WithLabelValues(applyUnchanged).Inc()
			continue
		}
		due = append(due, change{settled, of, live})
	}
	return due, failures
}

// applyAtOnce bounds how many objects of one store are applied at the same time.
const applyAtOnce = 4

// applyTogether applies objects of one tier. All that runs beside the worker are
// the requests. Failures come in the objects' order, or the status that tells of
// the first would change from one look to the next.
func (p *Provisioner) applyTogether(ctx context.Context, w *work, due []change) []failure {
	errs := make([]error, len(due))
	var next atomic.Int64
	var useless atomic.Bool // the namespace goes
	var appliers sync.WaitGroup
	for range min(applyAtOnce, len(due)) {
		appliers.Go(func() {
			for at := int(next.Add(1)) - 1; at < len(due); at = int(next.Add(1)) - 1 {
				if useless.Load() || ctx.Err() != nil {
					return
				}
				if errs[at] = p.applyObject(ctx, w, due[at]); namespaceGone(errs[at]) {
					useless.Store(true)
				}
			}
		})
	}
	appliers.Wait()
	var failures []failure
	for at, err := range errs {
		if err != nil {
			failures = append(failures, classify(due[at].desired, err))
		}
	}
	return failures
}

func (p *Provisioner) applyObject(ctx context.Context, w *work, c change) error {
	d, of, live := c.desired, c.of, c.live
	client := p.metadata.Resource(of.resource).Namespace(w.namespace)
	force := true
	written, err := client.Patch(ctx, d.name, types.ApplyPatchType, d.body, metav1.PatchOptions{FieldManager: FieldManager, Force: &force})
	if apierrors.IsInvalid(err) && live != nil && validAsNew(ctx, client, d) {
		return p.replace(ctx, of, w.namespace, live)
	}
	if err != nil {
		applies.WithLabelValues(applyFailed).Inc()
		return err
	}
	applies.WithLabelValues(applyApplied).Inc()
	klog.FromContext(ctx).V(3).Info("Applied", "kind", d.kind.Kind, "name", d.name)
	trimMetadata(written)
	p.recent.remember(p.clock.Now(), objectKey{d.kind.GroupKind(), w.namespace, d.name}, written)
	return nil
}

// live returns an object as it was seen last, nil for none; our own writes count
// as seen.
func (p *Provisioner) live(of *kindCache, namespace, name string) metav1.Object {
	var cached metav1.Object
	if item, found, err := of.informer.GetStore().GetByKey(namespace + "/" + name); err == nil && found {
		cached, _ = item.(metav1.Object)
	}
	return p.recent.newest(p.clock.Now(), objectKey{of.kind.GroupKind(), namespace, name}, cached)
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
	applies.WithLabelValues(applyReplaced).Inc()
	return errReplacing
}
