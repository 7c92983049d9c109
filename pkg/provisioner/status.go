package provisioner

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// write writes the status if it says anything new, and only then tells of what
// changed. The write carries the version that was read: a Store that changed, or
// that was deleted and made again, since then refuses it. The change will have the
// store looked at again; so that nothing hangs on when the cache hears of it, and
// whether a conflict was one, it is looked at in any case. A status that tells of
// progress alone waits for its time.
func (p *Provisioner) write(ctx context.Context, w *work, status *v1alpha1.StoreStatus) (err error) {
	if equality.Semantic.DeepEqual(*status, w.store.Status) {
		return nil
	}
	if wait := p.pace.wait(p.clock.Now(), w.store.Name, &w.store.Status, status); wait > 0 {
		p.enqueueAfter(w.store.Name, wait)
		return nil
	}
	store := w.store.DeepCopy()
	store.Status = *status
	ctx, end := step(ctx, "Write status")
	defer func() { end(reasonOf(err)) }()
	written, err := p.stores.PlatformV1alpha1().Stores().UpdateStatus(ctx, store, metav1.UpdateOptions{FieldManager: FieldManager})
	switch {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		klog.FromContext(ctx).V(4).Info("Store changed while it was worked on")
		p.enqueueAfter(store.Name, p.platform.Provisioning.MinBackoff.Duration)
		return nil
	case err != nil:
		return fmt.Errorf("write status: %w", err)
	}
	p.recent.remember(p.clock.Now(), storeKey(store.Name), written)
	p.pace.wrote(p.clock.Now(), store.Name, &written.Status)
	p.announce(w.store, written)
	p.progress.Wrote(p.clock.Now(), w.store, written)
	return nil
}

func (p *Provisioner) nextStatus(w *work, report health.Report) *v1alpha1.StoreStatus {
	now := p.now()
	status := w.store.Status.DeepCopy()
	status.Phase = report.Phase
	if status.ProvisioningStartTime == nil || health.Reordered(w.store) {
		status.ProvisioningStartTime = &now
	}
	status.ObservedGeneration = w.store.Generation
	status.Namespace = w.namespace
	setConditions(status, report.Conditions, now)
	if w.release != nil {
		status.URL = w.release.URL
		status.AdminURL = w.release.AdminURL
		if w.begun {
			status.EngineRevision = w.revision.Name
		}
		if w.release.AdminSecret != "" {
			status.AdminSecretRef = &v1alpha1.SecretReference{Namespace: w.namespace, Name: w.release.AdminSecret}
		}
	}
	// The set-up that is complete is the one that knows of the rotation.
	if token := w.store.Spec.AdminCredentialsRotation; token != "" && w.begun &&
		meta.IsStatusConditionTrue(report.Conditions, v1alpha1.ConditionBootstrapComplete) {
		status.AdminCredentialsRotation = token
	}
	if report.Ready() {
		status.EngineVersion = w.store.Spec.Version
		if status.ReadyTime == nil {
			status.ReadyTime = &now
		}
	}
	return status
}

// setConditions replaces the conditions; those that say nothing new keep their
// time, and those of others are left alone.
func setConditions(status *v1alpha1.StoreStatus, conditions []metav1.Condition, now metav1.Time) {
	status.Conditions = slices.DeleteFunc(status.Conditions, func(c metav1.Condition) bool {
		return slices.Contains(ownConditions, c.Type) && meta.FindStatusCondition(conditions, c.Type) == nil
	})
	for _, condition := range conditions {
		condition.LastTransitionTime = now
		meta.SetStatusCondition(&status.Conditions, condition)
	}
}

// ownConditions are those that a report has all of. UpToDate is not among them: it
// outlasts what can be observed.
var ownConditions = []string{
	v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	v1alpha1.ConditionResourcesApplied, v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionBootstrapComplete,
	v1alpha1.ConditionApplicationReady, v1alpha1.ConditionRouteReady,
	v1alpha1.ConditionStorefrontReachable,
}
