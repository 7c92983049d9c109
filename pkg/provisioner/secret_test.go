package provisioner

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func (b *bench) secret(namespace, name string) *corev1.Secret {
	b.t.Helper()
	secret, err := b.kube.CoreV1().Secrets(namespace).Get(b.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return secret
}

// TestSecretsAreMadeOnce changes a store, loses a key, and starts a new process:
// no value that exists may change.
func TestSecretsAreMadeOnce(t *testing.T) {
	b := newBench(t)
	first := b.provision(nil)
	b.order("secret-once", nil)
	b.applied("secret-once")
	const namespace = "store-secret-once"
	admin, database := b.secret(namespace, "admin"), b.secret(namespace, "database")

	b.edit("secret-once", func(s *v1alpha1.StoreSpec) { s.DisplayName = "Another name" })
	b.applied("secret-once")
	first.stop()
	if _, err := b.kube.CoreV1().Secrets(namespace).Patch(t.Context(), "database", types.MergePatchType,
		[]byte(`{"data":{"root-password":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	b.provision(nil)
	b.eventually("the lost key is made", func(context.Context) (bool, string) {
		keys := b.secret(namespace, "database").Data
		return len(keys["root-password"]) > 0, fmt.Sprint(len(keys))
	})
	after := b.secret(namespace, "database")
	delete(database.Data, "root-password")
	delete(after.Data, "root-password")
	if !cmp.Equal(admin.Data, b.secret(namespace, "admin").Data) || !cmp.Equal(database.Data, after.Data) {
		t.Error("a value that existed was changed")
	}
}

func TestSecretsThatAreNotOurs(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		before func(b *bench, namespace string) *corev1.Secret
		want   string // reason of ResourcesApplied; empty for applied
		keeps  bool
	}{
		{
			name: "foreign", reason: "a Secret without our labels is not adopted", want: ReasonSecretForeign, keeps: true,
			before: func(*bench, string) *corev1.Secret {
				return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "admin"}, Data: map[string][]byte{"username": []byte("theirs")}}
			},
		},
		{
			name: "overtaken", reason: "what a pass for a deleted store of this name left behind is made anew", want: "",
			before: func(_ *bench, namespace string) *corev1.Secret {
				return &corev1.Secret{
					ObjectMeta: metav1.ObjectMeta{Name: "admin",
						Labels:      map[string]string{v1alpha1.LabelStore: namespace[len("store-"):], v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
						Annotations: map[string]string{annotationStoreUID: "of-another-store"}},
					Data: map[string][]byte{"username": []byte("theirs"), "old": []byte("x")},
				}
			},
		},
		{
			name: "interrupted", reason: "what a pass made before it was killed is kept", want: "", keeps: true,
			before: func(_ *bench, namespace string) *corev1.Secret {
				return &corev1.Secret{
					ObjectMeta: metav1.ObjectMeta{Name: "admin",
						Labels: map[string]string{v1alpha1.LabelStore: namespace[len("store-"):], v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
					Data: map[string][]byte{"username": []byte("theirs")},
				}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			name := "secret-" + tt.name
			b.order(name, nil)
			if _, err := b.kube.CoreV1().Secrets("store-"+name).Create(t.Context(), tt.before(b, "store-"+name), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			b.provision(nil)
			if tt.want == "" {
				b.applied(name)
			} else {
				b.condition(name, v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, tt.want)
			}
			data := b.secret("store-"+name, "admin").Data
			if kept := string(data["username"]) == "theirs"; kept != tt.keeps || (!tt.keeps && data["old"] != nil) {
				t.Errorf("kept: %t, want %t: %s", kept, tt.keeps, tt.reason)
			}
		})
	}
}

// TestSecretOfARunningShopIsNotMadeAnew holds because the values are in the
// database, and other ones would lock the shop out of it.
func TestSecretOfARunningShopIsNotMadeAnew(t *testing.T) {
	b := newBench(t)
	first := b.provision(nil)
	b.order("secret-lost", nil)
	b.condition("secret-lost", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	first.stop()
	lost := b.secret("store-secret-lost", "database")
	if err := b.kube.CoreV1().Secrets(lost.Namespace).Delete(t.Context(), lost.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.provision(nil)
	b.condition("secret-lost", v1alpha1.ConditionStalled, metav1.ConditionTrue, ReasonSecretMissing)

	restored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: lost.Name, Labels: lost.Labels}, Data: lost.Data}
	if _, err := b.kube.CoreV1().Secrets(lost.Namespace).Create(t.Context(), restored, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.condition("secret-lost", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
}
