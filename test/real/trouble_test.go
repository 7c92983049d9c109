package real

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// TestTroubleIsNamed has containers fail as containers do, and reads of the Store
// what it was.
func TestTroubleIsNamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, spec, reason, says, why string
	}{
		{"crashing", "parameters: {mood: crash}", health.ReasonCrashLoop, "(exit code 3)", "the program ends by itself"},
		{"hungry", "parameters: {mood: memory}", health.ReasonOutOfMemory, "killed at its memory limit", "it takes more memory than its plan has"},
		{"full", "parameters: {mood: disk}", health.ReasonCrashLoop, "(exit code 28)", "it can write no more, says so in its log and ends"},
		{"imageless", "version: 1.0.0", health.ReasonImagePullFailed, "localhost/busybox:lost", "there is no such image"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shared.order(t, fmt.Sprintf(`
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata: {name: %s}
spec:
  engine: trouble
  %s
`, tt.name, tt.spec))
			shared.awaitStore(t, tt.name, "not ready, because "+tt.why, func(store *v1alpha1.Store) bool {
				for _, kind := range []string{v1alpha1.ConditionApplicationReady, v1alpha1.ConditionReady} {
					c := meta.FindStatusCondition(store.Status.Conditions, kind)
					if c == nil || c.Status != metav1.ConditionFalse || c.Reason != tt.reason || !strings.Contains(c.Message, tt.says) {
						return false
					}
				}
				return true
			})
			// Failed is not final.
			kubectl(t, "patch", "store", tt.name, "--type=merge", "-p", `{"spec":{"version":"2.0.0","parameters":{"mood":"good"}}}`)
			shared.awaitReady(t, tt.name)
			if page := awaitPage(t, tt.name+".localtest.me", "/"); page != "open\n" {
				t.Errorf("when it is well again its page says %q", page)
			}
		})
	}
}
