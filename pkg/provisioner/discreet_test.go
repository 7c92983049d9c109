package provisioner

import (
	"testing"

	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"
)

// TestDiscreetly holds the log of requests for Secrets below the level of bodies,
// however it is named on the way; everything else is still logged.
func TestDiscreetly(t *testing.T) {
	ctx := klog.NewContext(t.Context(), ktesting.NewLogger(t, ktesting.NewConfig(ktesting.Verbosity(10))))
	if !klog.FromContext(ctx).V(bodyLevel).Enabled() {
		t.Fatal("the log would tell no bodies anyway")
	}
	quiet := klog.FromContext(discreetly(ctx))
	for name, logger := range map[string]klog.Logger{
		"itself": quiet, "with values": quiet.WithValues("store", "acme"), "with a name": quiet.WithName("client"),
	} {
		for level := range 11 {
			if got, want := logger.V(level).Enabled(), level < bodyLevel; got != want {
				t.Errorf("%s: level %d is logged: %t, want %t", name, level, got, want)
			}
		}
	}
}
