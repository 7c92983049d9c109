package provisioner

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/health"
	"platform.example.io/stores/pkg/provisioner/metric"
)

// ReasonPruning is an object that is no longer part of the shop and cannot be deleted yet.
const ReasonPruning = "Pruning"

// prune deletes what was applied once and is not rendered any more. It comes
// after everything was applied. Claims are never pruned, Secrets are not even seen,
// own rights are not rendered, and what users added is not ours: it lacks our label
// or our field set.
//
// ConfigMaps stay for as long as pods of the release before may run or be made
// anew: without theirs none of these could start again, and until the new ones are
// ready it is they who serve. The end of that has the store looked at again.
func (p *Provisioner) prune(ctx context.Context, w *work) *stop {
	type identity struct{ kind, name string }
	rendered := map[identity]bool{}
	for _, d := range w.release.objects {
		rendered[identity{d.kind.GroupKind().String(), d.name}] = true
	}
	settled := p.succession(w).settled
	var errs []error
	for _, of := range p.caches.each() {
		kind := of.kind.GroupKind()
		if kind == kindClaim || kind == kindPod || kind == kindRoleBinding || (kind == kindConfigMap && !settled) {
			continue
		}
		for _, object := range list[metav1.Object](p.caches, kind, w.store.Name) {
			if rendered[identity{kind.String(), object.GetName()}] || !ours(object) || object.GetDeletionTimestamp() != nil {
				continue
			}
			if err := p.deleteObject(ctx, of, object); err != nil {
				errs = append(errs, fmt.Errorf("prune %s %s: %w", kind.Kind, object.GetName(), err))
				continue
			}
			metric.Prune(kind.Kind)
			klog.FromContext(ctx).Info("Pruned", "kind", kind.Kind, "name", object.GetName())
		}
	}
	if len(errs) > 0 {
		return &stop{
			verdict: health.Fails(health.Working, ReasonPruning, "objects that are no longer part of the shop could not be deleted yet; it is tried again"),
			err:     errors.Join(errs...),
		}
	}
	return nil
}
