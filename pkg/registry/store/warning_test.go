package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores"
)

func TestFinalizerWarnings(t *testing.T) {
	const warning = `: "backup": prefer a domain-qualified finalizer name, with a path (/), to avoid conflicts with other writers of finalizers`
	for _, c := range []struct {
		name, reason       string
		finalizers, stored []string
		want               []string
	}{
		{name: "none", reason: "nothing to warn of"},
		{name: "qualified", finalizers: []string{"example.com/backup"}, reason: "nobody else's"},
		{name: "garbage collection", finalizers: []string{"orphan", "foregroundDeletion"}, reason: "Kubernetes' own have no domain"},
		{name: "bare", finalizers: []string{"example.com/a", "backup"}, want: []string{"metadata.finalizers[1]" + warning}, reason: "two programs may both call theirs so"},
		{name: "bare and stored", finalizers: []string{"backup"}, stored: []string{"backup"}, reason: "who writes something else is not to blame"},
		{name: "bare beside a stored one", finalizers: []string{"other", "backup"}, stored: []string{"other"}, want: []string{"metadata.finalizers[1]" + warning}, reason: "this one is new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := func(finalizers []string) *stores.Store {
				return &stores.Store{ObjectMeta: metav1.ObjectMeta{Finalizers: finalizers}}
			}
			if diff := cmp.Diff(c.want, strategy{}.WarningsOnUpdate(t.Context(), store(c.finalizers), store(c.stored))); diff != "" {
				t.Errorf("on update, %s (-want +got):\n%s", c.reason, diff)
			}
			if c.stored != nil {
				return
			}
			if diff := cmp.Diff(c.want, strategy{}.WarningsOnCreate(t.Context(), store(c.finalizers))); diff != "" {
				t.Errorf("on create, %s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
