package provisioner

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRecent(t *testing.T) {
	at := func(version string) metav1.Object {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{ResourceVersion: version}}
	}
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	key := storeKey("acme")
	tests := []struct {
		name    string
		reason  string
		written metav1.Object
		cached  metav1.Object
		after   time.Duration
		forget  bool
		want    string
	}{
		{name: "nothing", reason: "there is neither", want: ""},
		{name: "cached alone", reason: "nothing was written", cached: at("7"), want: "7"},
		{name: "not cached yet", reason: "a write counts as seen", written: at("9"), want: "9"},
		{name: "cache behind", reason: "versions are numbers, not texts", written: at("10"), cached: at("9"), want: "10"},
		{name: "cache caught up", reason: "the cache knows what came after", written: at("9"), cached: at("9"), want: "9"},
		{name: "cache ahead", reason: "somebody wrote after us", written: at("9"), cached: at("12"), want: "12"},
		{name: "never confirmed", reason: "what no cache confirms was deleted between two lists", written: at("9"), after: recentKept + 1, want: ""},
		{name: "deleted", reason: "the cache has seen it go", written: at("9"), forget: true, want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRecent()
			if tt.written != nil {
				r.remember(noon, key, tt.written)
			}
			if tt.forget {
				r.forget(key)
			}
			got := ""
			if newest := r.newest(noon.Add(tt.after), key, tt.cached); newest != nil {
				got = newest.GetResourceVersion()
			}
			if got != tt.want {
				t.Errorf("newest is %q, want %q: %s", got, tt.want, tt.reason)
			}
		})
	}
}
