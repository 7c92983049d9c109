package provisioner

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// The field sets are those that an API server of the version in use gave to the
// objects beside them.
func TestAsRendered(t *testing.T) {
	const service = `
apiVersion: v1
kind: Service
metadata: {name: application, namespace: store-acme, labels: {a/b: c}}
spec:
  selector: {app: x}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 9090, protocol: TCP}]
`
	const owned = `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}},"f:labels":{"f:a/b":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:targetPort":{}},"k:{\"port\":9090,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{}}},"f:selector":{}}}`
	tests := []struct {
		name   string
		reason string
		object string
		owned  string
		change func(*metav1.PartialObjectMetadata)
		want   bool
	}{
		{name: "as applied", reason: "nothing has changed", object: service, owned: owned, want: true},
		{
			name: "port changed by another", reason: "who changes a field takes it out of our set", object: service,
			owned: `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}},"f:labels":{"f:a/b":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{}},"k:{\"port\":9090,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{}}},"f:selector":{}}}`,
		},
		{
			name: "port removed by another", reason: "an item that is gone is in nobody's set", object: service,
			owned: `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}},"f:labels":{"f:a/b":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:targetPort":{}}},"f:selector":{}}}`,
		},
		{
			name: "label changed by another", reason: "metadata is compared too", object: service,
			owned: `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:targetPort":{}},"k:{\"port\":9090,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{}}},"f:selector":{}}}`,
		},
		{
			name: "digest changed by another", reason: "the digest is a field like any other and cannot be forged", object: service,
			owned: `{"f:metadata":{"f:labels":{"f:a/b":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:targetPort":{}},"k:{\"port\":9090,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{}}},"f:selector":{}}}`,
		},
		{
			name: "rendered otherwise", reason: "the digest tells other values from those applied", object: service, owned: owned,
			change: func(o *metav1.PartialObjectMetadata) { o.Annotations[annotationApplied] = "other" },
		},
		{name: "never applied", reason: "an object of another manager is not as rendered", object: service, owned: ""},
		{name: "set unreadable", reason: "a set that is no JSON proves nothing", object: service, owned: "{"},
		{
			name: "being deleted", reason: "an object that goes has to be made again", object: service, owned: owned,
			change: func(o *metav1.PartialObjectMetadata) { o.DeletionTimestamp = &metav1.Time{} },
		},
		{
			name: "set of values", reason: "items of a list that is a set are looked up by value",
			object: `{kind: X, metadata: {name: x, finalizers: [a.example.io/b, c.example.io/d]}}`,
			owned:  `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}},"f:finalizers":{"v:\"a.example.io/b\"":{},"v:\"c.example.io/d\"":{}}}}`,
			want:   true,
		},
		{
			name: "value taken out of a set", reason: "a value that is gone is in nobody's set",
			object: `{kind: X, metadata: {name: x, finalizers: [a.example.io/b, c.example.io/d]}}`,
			owned:  `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}},"f:finalizers":{"v:\"a.example.io/b\"":{}}}}`,
		},
		{
			name: "empty selector narrowed by another", reason: "a policy for all pods that was narrowed to some is not as rendered",
			object: `{kind: NetworkPolicy, metadata: {name: x}, spec: {podSelector: {}, policyTypes: [Ingress]}}`,
			owned:  `{"f:metadata":{"f:annotations":{"f:platform.example.io/applied":{}}},"f:spec":{"f:policyTypes":{}}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			object := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(tt.object), &object.Object); err != nil {
				t.Fatal(err)
			}
			d, err := stamped(object)
			if err != nil {
				t.Fatal(err)
			}
			live := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{annotationApplied: d.digest}}}
			if tt.owned != "" {
				fields := &metav1.FieldsV1{}
				fields.SetRawBytes([]byte(tt.owned))
				live.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: FieldManager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: fields}}
			}
			if tt.change != nil {
				tt.change(live)
			}
			if got := d.asRendered(live); got != tt.want {
				t.Errorf("as rendered: %t, want %t: %s", got, tt.want, tt.reason)
			}
		})
	}
}
