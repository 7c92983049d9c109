package server_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/server"
)

// listLength is the length of the lists that are encoded.
const listLength = 1000

// newStores is a list as storage returns it.
func newStores() *stores.StoreList {
	since := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	list := &stores.StoreList{ListMeta: metav1.ListMeta{ResourceVersion: "4711"}}
	for i := range listLength {
		name := fmt.Sprintf("shop-%05d", i)
		store := stores.Store{
			ObjectMeta: metav1.ObjectMeta{
				Name: name, UID: "5a4f0b1e-6f0c-4a52-9b1f-0d1f6d7c2a11", ResourceVersion: fmt.Sprint(1000 + i), Generation: 1, CreationTimestamp: since,
				Labels: map[string]string{"team": "retail"}, Annotations: map[string]string{"example.com/contract": name},
			},
			Spec: stores.StoreSpec{
				Engine: "woocommerce", Version: "10.9.4", Plan: "business", DisplayName: name, Hosts: []string{name + ".acme.example"},
				Parameters: &stores.JSONObject{Raw: []byte(`{"currency":"USD","country":"US:AZ","adminEmail":"owner@acme.example"}`)},
			},
			Status: stores.StoreStatus{
				Phase: stores.StoreReady, ObservedGeneration: 1, Namespace: "store-" + name, URL: "https://" + name + ".shops.example",
				EngineVersion: "10.9.4", EngineRevision: "r1", ProvisioningStartTime: &since, ReadyTime: &since, Creator: "alice",
			},
		}
		for n := range 8 {
			store.Status.Conditions = append(store.Status.Conditions, metav1.Condition{
				Type: fmt.Sprintf("Condition%d", n), Status: metav1.ConditionTrue, ObservedGeneration: 1,
				LastTransitionTime: since, Reason: "Ready", Message: "all replicas are ready",
			})
		}
		list.Items = append(list.Items, store)
	}
	return list
}

// BenchmarkEncodeList is the encoding of a list response, conversion included.
func BenchmarkEncodeList(b *testing.B) {
	for _, mediaType := range []string{runtime.ContentTypeJSON} {
		b.Run(mediaType, func(b *testing.B) {
			info, ok := runtime.SerializerInfoForMediaType(server.Codecs.SupportedMediaTypes(), mediaType)
			if !ok {
				b.Fatalf("%s is not served", mediaType)
			}
			encoder := server.Codecs.EncoderForVersion(info.Serializer, v1alpha1.SchemeGroupVersion)
			list := newStores()
			encoded, err := runtime.Encode(encoder, list)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(encoded)))
			b.ReportAllocs()
			for b.Loop() {
				if err := encoder.Encode(list, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
