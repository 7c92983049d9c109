package nsstorage

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// newReadyStore is a Store of the size that shops in use have: fully specified,
// applied by one manager and reported on by another.
func newReadyStore() *stores.Store {
	store := newTestStore()
	since := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	store.Finalizers = nil
	store.Spec.Hosts = []string{"outlet.acme.example", "www.outlet.acme.example"}
	store.Spec.Parameters = &stores.JSONObject{Raw: []byte(`{"adminEmail":"owner@acme.example","country":"US:AZ","currency":"USD","locale":"en_US","sampleProducts":true,"storeAddress":{"city":"Tuba City","postcode":"86045","street":"1 Desert Road"}}`)}
	store.Status = stores.StoreStatus{
		Phase: stores.StoreReady, ObservedGeneration: 1, Creator: "alice",
		URL: "https://acme.shops.example", AdminURL: "https://acme.shops.example/wp-admin/",
		AdminSecretRef: &stores.SecretReference{Namespace: "store-acme", Name: "admin"},
		EngineVersion:  "10.9.4", EngineRevision: "r1",
		ProvisioningStartTime: &since, ReadyTime: &since,
	}
	for _, condition := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionResourcesApplied,
		v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionBootstrapComplete, v1alpha1.ConditionApplicationReady, v1alpha1.ConditionRouteReady,
	} {
		store.Status.Conditions = append(store.Status.Conditions, metav1.Condition{
			Type: condition, Status: metav1.ConditionTrue, ObservedGeneration: 1, LastTransitionTime: since,
			Reason: "Ready", Message: fmt.Sprintf("all replicas of %s are ready", condition),
		})
	}
	const spec = `{"f:metadata":{"f:annotations":{"f:note":{}},"f:labels":{"f:team":{}}},"f:spec":{"f:displayName":{},"f:engine":{},"f:hosts":{"v:\"outlet.acme.example\"":{},"v:\"www.outlet.acme.example\"":{}},"f:parameters":{},"f:plan":{},"f:version":{}}}`
	const status = `{"f:status":{"f:adminSecretRef":{"f:name":{},"f:namespace":{}},"f:adminURL":{},"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},"f:observedGeneration":{},"f:reason":{},"f:status":{},"f:type":{}}},"f:engineRevision":{},"f:engineVersion":{},"f:observedGeneration":{},"f:phase":{},"f:url":{}}}`
	store.ManagedFields = []metav1.ManagedFieldsEntry{
		{Manager: "argocd-controller", Operation: metav1.ManagedFieldsOperationApply, APIVersion: "platform.example.io/v1alpha1", Time: &since, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(spec)},
		{Manager: "store-provisioner", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "platform.example.io/v1alpha1", Time: &since, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(status), Subresource: "status"},
	}
	return store
}

func BenchmarkDecode(b *testing.B) {
	codec := newTestCodec(b)
	namespace := namespaceOf(b, codec, newReadyStore())
	if store := decodeStore(codec, namespace); len(store.Damage) > 0 {
		b.Fatal(store.Damage)
	}
	b.SetBytes(annotationBytes(namespace))
	b.ReportAllocs()
	for b.Loop() {
		codec.Decode(namespace, &stores.Store{})
	}
}

func BenchmarkEncode(b *testing.B) {
	codec := newTestCodec(b)
	store := newReadyStore()
	b.SetBytes(annotationBytes(namespaceOf(b, codec, store)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Encode(testPrefix+"/acme", store); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDiff is what a status write costs beside its requests.
func BenchmarkDiff(b *testing.B) {
	codec := newTestCodec(b)
	stored := decodeStore(codec, namespaceOf(b, codec, newReadyStore()))
	updated := stored.DeepCopy()
	updated.Status.ObservedGeneration++
	b.ReportAllocs()
	for b.Loop() {
		if _, changed, err := codec.Diff(stored, updated); err != nil || !changed {
			b.Fatal(changed, err)
		}
	}
}

func annotationBytes(namespace *corev1.Namespace) (total int64) {
	for _, value := range namespace.Annotations {
		total += int64(len(value))
	}
	return total
}
