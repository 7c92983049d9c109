package certificate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/metrics/testutil"
)

// TestReport renews what is served: the metrics follow without being told.
func TestReport(t *testing.T) {
	keeper := &Keeper{}
	Report(keeper)
	Report(keeper) // a second server of the process must not panic
	names := []string{metricPrefix + "not_before_timestamp_seconds", metricPrefix + "not_after_timestamp_seconds"}
	if err := testutil.GatherAndCompare(legacyregistry.DefaultGatherer, strings.NewReader(""), names...); err != nil {
		t.Errorf("nothing is served yet: %v", err)
	}
	for _, now := range []time.Time{begin, begin.Add(policy.Lifetime)} {
		m, _ := advanced(t, material{}, nil, now)
		if err := keeper.serve(m); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`
# HELP %[1]snot_after_timestamp_seconds [ALPHA] When the certificate that is served runs out, in seconds since 1970.
# TYPE %[1]snot_after_timestamp_seconds gauge
%[1]snot_after_timestamp_seconds %[3]d
# HELP %[1]snot_before_timestamp_seconds [ALPHA] When the certificate that is served began, in seconds since 1970.
# TYPE %[1]snot_before_timestamp_seconds gauge
%[1]snot_before_timestamp_seconds %[2]d
`, metricPrefix, now.Add(-backdated).Unix(), now.Add(policy.Lifetime).Unix())
		if err := testutil.GatherAndCompare(legacyregistry.DefaultGatherer, strings.NewReader(want), names...); err != nil {
			t.Errorf("on %s: %v", now, err)
		}
	}
}
