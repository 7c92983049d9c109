package provisioner

import (
	"context"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestCreatorThatCannotBeBound has a policy refuse the creator's RoleBinding. The
// shop does not wait for it, the Store says so, and the binding comes once it is allowed.
func TestCreatorThatCannotBeBound(t *testing.T) {
	b := newBench(t)
	const name, namespace = "unbound-creator", "store-unbound-creator"
	b.order(name, nil)
	b.setStatus(name, func(s *v1alpha1.StoreStatus) { s.Creator = "alice" }) // in the API server's place
	allow := b.refuseUnless(name, namespace,
		refusal{operation: admissionregistrationv1.Create, group: "rbac.authorization.k8s.io", resource: "rolebindings"},
		fmt.Sprintf("object.metadata.name != '%s'", creatorBinding))
	platform := unasked()
	platform.Provisioning.MaxBackoff.Duration = time.Second
	b.provision(func(o *Options) { o.Platform = platform })
	b.told(b.ready(name), "CreatorNotBound")
	bound := func(ctx context.Context) error {
		_, err := b.kube.RbacV1().RoleBindings(namespace).Get(ctx, creatorBinding, metav1.GetOptions{})
		return err
	}
	if bound(t.Context()) == nil {
		t.Error("the policy did not refuse the binding")
	}
	allow()
	b.eventually("the creator is bound", func(ctx context.Context) (bool, string) {
		err := bound(ctx)
		return err == nil, fmt.Sprint(err)
	})
}
