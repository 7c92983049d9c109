package provisioner

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestUpgradeInOrder upgrades a shop to another version and a larger plan while an
// administrator's policy holds up first the database, then the bootstrap, then the
// application. It serves as before until the others are done, and with pods of the
// release before until it has pods of its own.
func TestUpgradeInOrder(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	b.order("upgrade", func(s *v1alpha1.Store) { s.Spec.Version = "10.8.0" })
	b.ready("upgrade")
	const namespace = "store-upgrade"
	before := b.serving(namespace)
	settings := b.configMap(namespace, "settings")

	allowDatabase := b.refusePods(namespace, "database")
	allowBootstrap := b.refusePods(namespace, "bootstrap")
	b.edit("upgrade", func(s *v1alpha1.StoreSpec) { s.Version, s.Plan = "10.9.4", "business" })

	b.condition("upgrade", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonPodsRefused)
	held := b.condition("upgrade", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForDatabase)
	b.servesAsBefore(held, before)

	allowDatabase()
	b.condition("upgrade", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonPodsRefused)
	held = b.condition("upgrade", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForBootstrap)
	b.condition("upgrade", v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, health.ReasonReady)
	b.servesAsBefore(held, before)
	keepsSettings := func() {
		t.Helper()
		// A pod of the old release that is restarted finds the settings it was made for.
		if _, err := b.kube.CoreV1().ConfigMaps(namespace).Get(t.Context(), settings, metav1.GetOptions{}); err != nil {
			t.Errorf("the settings of the release that serves: %v", err)
		}
	}
	keepsSettings()

	allowApplication := b.refusePods(namespace, "application")
	allowBootstrap()
	b.condition("upgrade", v1alpha1.ConditionResourcesApplied, metav1.ConditionTrue, health.ReasonReady)
	b.condition("upgrade", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonPodsRefused)
	keepsSettings()

	allowApplication()
	after := b.ready("upgrade")
	if after.Status.EngineVersion != "10.9.4" {
		t.Errorf("engineVersion is %q", after.Status.EngineVersion)
	}
	if image := b.serving(namespace); image == before {
		t.Errorf("the application still has image %s", image)
	}
	b.eventually("the settings of the release before are pruned", func(ctx context.Context) (bool, string) {
		_, err := b.kube.CoreV1().ConfigMaps(namespace).Get(ctx, settings, metav1.GetOptions{})
		return apierrors.IsNotFound(err), fmt.Sprint(err)
	})
	checkAsRendered(t, p, after)
}

// TestUpgradeTakenBack orders the version before again while the upgrade is held up.
func TestUpgradeTakenBack(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	b.order("taken-back", func(s *v1alpha1.Store) { s.Spec.Version = "10.8.0" })
	b.ready("taken-back")
	const namespace = "store-taken-back"
	before := b.serving(namespace)
	b.refusePods(namespace, "bootstrap")
	b.edit("taken-back", func(s *v1alpha1.StoreSpec) { s.Version = "10.9.4" })
	held := b.condition("taken-back", v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonWaitingForBootstrap)
	b.servesAsBefore(held, before)
	b.edit("taken-back", func(s *v1alpha1.StoreSpec) { s.Version = "10.8.0" })
	b.servesAsBefore(b.ready("taken-back"), before)
	checkAsRendered(t, p, b.ready("taken-back"))
}

// serving returns the image of a shop's application as it is ordered now.
func (b *bench) serving(namespace string) string {
	b.t.Helper()
	application, err := b.kube.AppsV1().Deployments(namespace).Get(b.t.Context(), "application", metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	if application.Status.ReadyReplicas == 0 || application.Status.ObservedGeneration != application.Generation {
		b.t.Errorf("the application of %s does not serve: %+v", namespace, application.Status)
	}
	return application.Spec.Template.Spec.Containers[0].Image
}

func (b *bench) servesAsBefore(store *v1alpha1.Store, image string) {
	b.t.Helper()
	if now := b.serving(store.Status.Namespace); now != image {
		b.t.Errorf("the application has image %s already, not %s", now, image)
	}
	if store.Status.EngineVersion != "10.8.0" {
		b.t.Errorf("engineVersion is %q, but 10.8.0 serves", store.Status.EngineVersion)
	}
}
