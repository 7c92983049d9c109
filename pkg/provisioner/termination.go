package provisioner

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// terminate says how far the deletion of a store is. Deleting is the work of the
// namespace controller; the one thing to do here is to explain why it hangs, and
// only for that the namespace is read. Its changes are changes of the Store, so
// nothing has to be polled.
func (p *Provisioner) terminate(ctx context.Context, store *v1alpha1.Store) (again time.Duration, err error) {
	p.vouched.forget(store.Name)
	p.forgetStorefront(store.Name)
	deletion := health.Deletion{Now: p.clock.Now(), Store: store}
	namespace := v1alpha1.NamespacePrefix + store.Name
	if due, _ := deletion.Due(); due {
		found, err := p.kube.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read namespace %s: %w", namespace, err)
		}
		deletion.Namespace = found
	}
	report := health.ObserveDeletion(deletion)
	w := &work{store: store, namespace: namespace}
	status := p.nextStatus(w, report)
	meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionUpToDate)
	if err := p.write(ctx, w, status); err != nil {
		return 0, err
	}
	return report.Recheck, nil
}
