package store_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/registry/rest"

	"platform.example.io/stores/pkg/apis/stores"
)

// drawn is the strategy of the registry, with names that a test drew before.
type drawn struct {
	rest.RESTCreateStrategy
	names *[]string
}

// GenerateName returns the next name, and the last one for ever.
func (d drawn) GenerateName(string) string {
	next := (*d.names)[0]
	if len(*d.names) > 1 {
		*d.names = (*d.names)[1:]
	}
	return next
}

// TestGeneratedNameIsTaken draws names that others have. The server draws again,
// as for built-in resources, and gives up when it is always unlucky.
func TestGeneratedNameIsTaken(t *testing.T) {
	r := newRegistry(t, cluster)
	taken, free := uniqueName(), uniqueName()
	r.mustCreate(t, newStore(taken))
	names := []string{taken, taken, free}
	r.CreateStrategy = drawn{r.CreateStrategy, &names}
	generated := func() (*stores.Store, error) {
		store := newStore("")
		store.GenerateName = "t"
		return r.create(t, store)
	}
	created, err := generated()
	if err != nil || created.Name != free {
		t.Errorf("with two unlucky draws create gives %v, want store %s", err, free)
	}
	foreign, other := uniqueName(), uniqueName()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-" + foreign}}
	if _, err := r.kube.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	names = []string{foreign, other}
	if created, err = generated(); err != nil || created.Name != other {
		t.Errorf("with a draw that somebody's namespace has create gives %v, want store %s", err, other)
	}
	names = []string{taken}
	if _, err := generated(); !apierrors.IsAlreadyExists(err) || !strings.Contains(err.Error(), "not able to generate a unique name") {
		t.Errorf("with no lucky draw create gives %v, want AlreadyExists that says so", err)
	}
}
