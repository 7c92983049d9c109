package provisioner

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// rotated waits until a rotation was carried out.
func (b *bench) rotated(name, token string) *v1alpha1.Store {
	b.t.Helper()
	return b.until(name, "rotation "+token, func(store *v1alpha1.Store) bool {
		return store.Status.AdminCredentialsRotation == token
	})
}

// toldRotation is the rotation that the bootstrap Job of a shop is told of, empty for none.
func (b *bench) toldRotation(namespace string) string {
	b.t.Helper()
	jobs, err := b.kube.BatchV1().Jobs(namespace).List(b.t.Context(), metav1.ListOptions{LabelSelector: labelComponent + "=bootstrap"})
	if err != nil || len(jobs.Items) != 1 {
		b.t.Fatalf("%d bootstrap Jobs (%v), want one", len(jobs.Items), err)
	}
	for _, variable := range jobs.Items[0].Spec.Template.Spec.Containers[0].Env {
		if variable.Name == "STORE_ADMIN_ROTATION" {
			return variable.Value
		}
	}
	return ""
}

// TestRotation asks for new passwords of a shop that serves, and for none.
func TestRotation(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	const name, namespace = "rotation", "store-rotation"
	b.order(name, nil)
	b.ready(name)
	if told := b.toldRotation(namespace); told != "" {
		t.Errorf("the bootstrap is told of rotation %q, which nobody asked for", told)
	}
	before, database := b.secret(namespace, "admin"), b.secret(namespace, "database")
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.AdminCredentialsRotation = "first" })
	store := b.rotated(name, "first")
	b.told(store, "AdminCredentialsRotated")
	first := b.secret(namespace, "admin")
	if bytes.Equal(first.Data["password"], before.Data["password"]) || len(first.Data["password"]) != len(before.Data["password"]) {
		t.Error("the password was not made anew")
	}
	if !bytes.Equal(first.Data["username"], before.Data["username"]) {
		t.Error("the name of the admin, which nobody asked to change, was")
	}
	if b.secret(namespace, "database").ResourceVersion != database.ResourceVersion {
		t.Error("another Secret was changed")
	}
	if told := b.toldRotation(namespace); told != "first" {
		t.Errorf("the bootstrap is told of rotation %q", told)
	}
	b.ready(name)
	b.quiet(p, name)

	b.edit(name, func(s *v1alpha1.StoreSpec) { s.AdminCredentialsRotation = "" })
	b.ready(name)
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.AdminCredentialsRotation = "first" })
	b.ready(name)
	if b.secret(namespace, "admin").ResourceVersion != first.ResourceVersion {
		t.Error("one rotation made two passwords")
	}
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.AdminCredentialsRotation = "second" })
	b.rotated(name, "second")
	if bytes.Equal(b.secret(namespace, "admin").Data["password"], first.Data["password"]) {
		t.Error("another rotation made no other password")
	}
}

// cutter lets nothing through once the Secret of an admin has been written: the
// provisioner is as good as dead then.
type cutter struct {
	armed, cut atomic.Bool
	once       sync.Once
	done       chan struct{}
}

func (c *cutter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if c.cut.Load() {
			return nil, errors.New("cut off")
		}
		response, err := next.RoundTrip(request)
		if err == nil && c.armed.Load() && request.Method == http.MethodPatch && strings.HasSuffix(request.URL.Path, "/secrets/admin") {
			c.cut.Store(true)
			c.once.Do(func() { close(c.done) })
		}
		return response, err
	})
}

// TestRotationIsResumed has the provisioner die between the new password and the
// Job that gives it to the shop: its successor goes on, with the same password.
func TestRotationIsResumed(t *testing.T) {
	b := newBench(t)
	const name, namespace = "rotation-cut", "store-rotation-cut"
	c := &cutter{done: make(chan struct{})}
	p := b.provision(func(o *Options) { o.RESTConfig.Wrap(c.wrap) })
	b.order(name, nil)
	b.ready(name)
	c.armed.Store(true)
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.AdminCredentialsRotation = "once" })
	select {
	case <-c.done:
	case <-t.Context().Done():
		t.Fatal("the password was not made")
	}
	p.stop()
	made := b.secret(namespace, "admin")
	if told := b.toldRotation(namespace); told != "" {
		t.Fatalf("the bootstrap is told of rotation %q already: nothing was cut", told)
	}
	b.provision(nil)
	b.rotated(name, "once")
	if after := b.secret(namespace, "admin"); after.ResourceVersion != made.ResourceVersion {
		t.Error("the successor made another password")
	}
	if told := b.toldRotation(namespace); told != "once" {
		t.Errorf("the bootstrap is told of rotation %q", told)
	}
}

// TestRotationOfANewShop wants a shop that is ordered with one to have its first
// password, and the rotation as carried out.
func TestRotationOfANewShop(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	const name, namespace = "rotation-new", "store-rotation-new"
	b.order(name, func(s *v1alpha1.Store) { s.Spec.AdminCredentialsRotation = "ordered" })
	b.rotated(name, "ordered")
	if patched := p.requests.about(name, 0); strings.Contains(strings.Join(patched, " "), "PATCH /api/v1/namespaces/"+namespace+"/secrets/") {
		t.Error("a Secret was made and changed at once")
	}
}
