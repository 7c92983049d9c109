// Package aggregation puts an API server that runs on loopback behind
// kube-apiserver, by a real APIService with a real CA bundle.
//
// Duties: the platform's namespace, Service and APIService. Danger: an
// APIService whose server is away stops every namespace deletion in the cluster,
// so one is never left behind without a server.
package aggregation

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"platform.example.io/stores/hack/localcluster/manifest"
)

const (
	// Name is the server's Service, ServiceAccount and component name.
	Name = "store-apiserver"
	// Namespace is where the platform lives in a cluster.
	Namespace = "store-platform"
	// Host is the name that kube-apiserver expects in the server's certificate.
	Host = Name + "." + Namespace + ".svc"
	// APIService is the registered group and version.
	APIService = "v1alpha1.platform.example.io"

	labelManagedBy = "app.kubernetes.io/managed-by"
)

var kind = schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"}

// EnsureNamespace creates the platform's namespace where manifests have not.
// It is not applied: that would take from it what the manifests say about it.
func EnsureNamespace(ctx context.Context, applier *manifest.Applier) error {
	client, err := applier.Resource(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, "")
	if err != nil {
		return err
	}
	namespace := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Namespace",
		"metadata":   map[string]any{"name": Namespace},
	}}
	_, err = client.Create(ctx, namespace, metav1.CreateOptions{FieldManager: manifest.FieldManager})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create namespace %s: %w", Namespace, err)
	}
	return nil
}

// Registration returns the objects that lead kube-apiserver to a server on
// localhost at port, whose certificate is signed by the authority in ca (PEM).
//
// A Service of type ExternalName without ports is the one shape that may name
// localhost: EndpointSlices refuse loopback addresses.
func Registration(port int, ca []byte) []*unstructured.Unstructured {
	labels := map[string]any{labelManagedBy: manifest.FieldManager}
	service := map[string]any{
		"apiVersion": "v1",
		"kind":       "Service",
		"metadata":   map[string]any{"name": Name, "namespace": Namespace, "labels": labels},
		"spec":       map[string]any{"type": "ExternalName", "externalName": "localhost"},
	}
	registration := map[string]any{
		"apiVersion": kind.GroupVersion().String(),
		"kind":       kind.Kind,
		"metadata":   map[string]any{"name": APIService, "labels": labels},
		"spec": map[string]any{
			"group":                "platform.example.io",
			"version":              "v1alpha1",
			"groupPriorityMinimum": int64(1000),
			"versionPriority":      int64(15),
			"caBundle":             base64.StdEncoding.EncodeToString(ca),
			"service":              map[string]any{"name": Name, "namespace": Namespace, "port": int64(port)},
		},
	}
	return []*unstructured.Unstructured{{Object: service}, {Object: registration}}
}

// Await waits until kube-apiserver says that the server is available.
func Await(ctx context.Context, applier *manifest.Applier) error {
	client, err := applier.Resource(ctx, kind, "")
	if err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		object, err := client.Get(ctx, APIService, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("get %s: %w", APIService, err)
		}
		available, message := condition(object, "Available")
		if available {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to be available (%s): %w", APIService, message, ctx.Err())
		case <-tick.C:
		}
	}
}

// Unregister removes a registration that Registration made, and no other.
func Unregister(ctx context.Context, applier *manifest.Applier) error {
	client, err := applier.Resource(ctx, kind, "")
	if err != nil {
		return err
	}
	object, err := client.Get(ctx, APIService, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || (err == nil && object.GetLabels()[labelManagedBy] != manifest.FieldManager) {
		return nil
	}
	if err == nil {
		err = client.Delete(ctx, APIService, metav1.DeleteOptions{})
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove %s: %w", APIService, err)
	}
	return nil
}

func condition(object *unstructured.Unstructured, name string) (isTrue bool, message string) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, entry := range conditions {
		fields, _ := entry.(map[string]any)
		if fields["type"] == name {
			message, _ = fields["message"].(string)
			return fields["status"] == "True", message
		}
	}
	return false, "not looked at yet"
}
