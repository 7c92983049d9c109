package e2e

import (
	"testing"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestStoredValueStaysWritable stores what was valid once, on a platform that
// offered more, and writes to it as if nothing had happened.
func TestStoredValueStaysWritable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, was, is, reason string
		refused               string // a patch that only an installed engine could judge
		want                  refusal
	}{
		{
			name: "stale-plan", was: `"plan":"starter"`, is: `"plan":"founders"`, reason: "the plan is no longer sold",
			refused: `{"spec":{"plan":"free"}}`, want: invalid("FieldValueNotSupported spec.plan"),
		},
		{
			name: "stale-version", was: `"version":"10.9.4"`, is: `"version":"1.0.0"`, reason: "the version is no longer offered",
			refused: `{"spec":{"version":"1.0.1"}}`, want: invalid("FieldValueNotSupported spec.version"),
		},
		{
			name: "stale-engine", was: `"engine":"woocommerce"`, is: `"engine":"magento"`, reason: "the engine is not installed here",
			refused: `{"spec":{"plan":"business"}}`, want: invalid("FieldValueForbidden spec.plan"),
		},
		{
			name: "stale-name", was: `"suspend":true`, is: `"suspend":true,"displayName":" no longer allowed\n","hosts":["now-under.localtest.me"]`, reason: "rules became stricter",
			refused: `{"spec":{"displayName":" nor is this"}}`, want: invalid("FieldValueInvalid spec.displayName"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			order(t, c.name, suspended)
			untilSettled(t, c.name)
			whole := stored(t, c.name, specAnnotation)
			stale := replaced(c.was, c.is)(whole)
			if *stale == whole {
				t.Fatalf("%s is not stored in %s", c.was, whole)
			}
			overwrite(t, c.name, specAnnotation, stale)
			before := get(t, c.name)
			if isDamaged(before) {
				t.Fatalf("%s, and the store is damaged: %+v", c.reason, before.Status.Conditions)
			}

			merge(t, c.name, `{"metadata":{"labels":{"team":"blue"},"finalizers":["`+testFinalizer+`"]}}`)
			merge(t, c.name, `{"status":{"conditions":[{"type":"Reviewed","status":"True","reason":"ByHand","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`, "status")
			merge(t, c.name, `{"spec":{"deletionProtection":true}}`)
			merge(t, c.name, `{"spec":{"deletionProtection":false},"metadata":{"finalizers":null}}`)
			after := get(t, c.name)
			if after.Labels["team"] != "blue" || len(after.Finalizers) != 0 ||
				!apimeta.IsStatusConditionPresentAndEqual(after.Status.Conditions, "Reviewed", metav1.ConditionTrue) {
				t.Errorf("%s, and writes are lost: %+v", c.reason, after)
			}
			_, err := tryMerge(t, c.name, c.refused)
			expect(t, err, c.want)

			if c.name == "stale-engine" {
				untilCondition(t, c.name, v1alpha1.ConditionStalled, metav1.ConditionTrue, "EngineNotInstalled")
			}
			if err := stores.Delete(t.Context(), c.name, metav1.DeleteOptions{}); err != nil {
				t.Errorf("deletion: %v", err)
			}
			untilGone(t, c.name)
		})
	}
}
