package real

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestShopWithoutPlugin orders a WooCommerce shop whose image is a WordPress
// without WooCommerce, for there is no other here. It must not be called ready.
func TestShopWithoutPlugin(t *testing.T) {
	t.Parallel()
	const name = "unsold"
	shared.order(t, `
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata: {name: unsold}
spec: {engine: woocommerce}
`)
	shared.awaitStore(t, name, "one that says what its image lacks", func(store *v1alpha1.Store) bool {
		if meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionReady) {
			t.Fatalf("it is ready and sells nothing: %s", conditionsOf(store))
		}
		says := func(kind string) bool {
			c := meta.FindStatusCondition(store.Status.Conditions, kind)
			return c != nil && c.Status == metav1.ConditionFalse && strings.Contains(c.Message, "the image has no WooCommerce plugin")
		}
		return says(v1alpha1.ConditionBootstrapComplete) && says(v1alpha1.ConditionReady) &&
			meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.ConditionDatabaseReady)
	})

	// Its database is a whole one.
	shared.rotatesMariaDB(t, name)
}
