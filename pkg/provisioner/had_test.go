package provisioner

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestHad decides which Secret counts as lost when it is not there.
func TestHad(t *testing.T) {
	b := &bench{t: t}
	catalogue := b.revisions("secretive", []edit{{"engine.yaml", "\nsecrets:\n",
		"\nsecrets:\n  - name: token\n    component: application\n    keys: [{key: token, length: 32}]\n"}})
	p := &Provisioner{catalogue: catalogue}
	installed, _ := catalogue.Lookup("secretive")
	tests := []struct {
		name, reason      string
		running, revision string
		neverReady        bool
		secret            string
		want              bool
	}{
		{name: "running", reason: "a shop that was ready has all its Secrets", running: "r2", revision: "r2", secret: "token", want: true},
		{name: "coming up", reason: "nothing was written with its values yet", running: "r1", revision: "r1", neverReady: true, secret: "database"},
		{name: "on its way", reason: "the values are in the data, whichever revision is next", running: "r1", revision: "r2", secret: "database", want: true},
		{name: "new", reason: "it comes with the next revision", running: "r1", revision: "r2", secret: "token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			revision, _ := installed.Revision(tt.revision)
			store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: "secretive"}, Status: v1alpha1.StoreStatus{EngineRevision: tt.running}}
			if !tt.neverReady {
				at := metav1.NewTime(rolloutNow)
				store.Status.ReadyTime = &at
			}
			if got := p.had(&work{store: store, revision: revision}, tt.secret); got != tt.want {
				t.Errorf("had it: %t, want %t: %s", got, tt.want, tt.reason)
			}
		})
	}
}
