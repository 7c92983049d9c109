package upstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/registry/store/nsstorage"
	"platform.example.io/stores/test/controlplane"
)

func podAttributes(object runtime.Object) (labels.Set, fields.Set, error) {
	pod, ok := object.(*example.Pod)
	if !ok {
		return nil, nil, fmt.Errorf("not a pod: %T", object)
	}
	return pod.Labels, fields.Set{
		"metadata.name":      pod.Name,
		"metadata.namespace": pod.Namespace,
		"spec.nodeName":      pod.Spec.NodeName,
		"spec.restartPolicy": string(pod.Spec.RestartPolicy),
		"status.phase":       string(pod.Status.Phase),
	}, nil
}

// newCached returns a storage of its own behind the watch cache, assembled as
// the server's, and the subject's other parts.
func newCached(t *testing.T, on *controlplane.Cluster, clusterScoped, indexed bool) *subject {
	t.Helper()
	_, codec, namespaces := newRaw(t, on)
	keyFunc := func(object runtime.Object) (string, error) { return storage.NamespaceKeyFunc(podPrefix, object) }
	if clusterScoped {
		keyFunc = func(object runtime.Object) (string, error) { return storage.NoNamespaceKeyFunc(podPrefix, object) }
	}
	var triggers storage.IndexerFuncs
	var indexers *cache.Indexers
	if indexed {
		node := func(object runtime.Object) string { return object.(*example.Pod).Spec.NodeName }
		triggers = storage.IndexerFuncs{"spec.nodeName": node}
		indexers = &cache.Indexers{
			storage.FieldIndex("spec.nodeName"): func(object any) ([]string, error) {
				return []string{node(object.(*example.Pod))}, nil
			},
			storage.FieldIndex("metadata.namespace"): func(object any) ([]string, error) {
				return []string{object.(*example.Pod).Namespace}, nil
			},
		}
	}
	var ready func() error
	decorator := nsstorage.Decorator{
		Namespaces: namespaces,
		Codec:      codec,
		Resource:   schema.GroupResource{Resource: "pods"},
		OnReady:    func(check func() error) { ready = check },
	}
	config := (&storagebackend.Config{Codec: codecs.LegacyCodec(examplev1.SchemeGroupVersion)}).ForResource(schema.GroupResource{Resource: "pods"})
	cached, destroy, err := decorator.Decorate(config, podPrefix, keyFunc, newPod, newPodList, podAttributes, triggers, indexers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(destroy)
	err = wait.PollUntilContextTimeout(t.Context(), 5*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return ready() == nil, nil
	})
	if err != nil {
		t.Fatalf("wait for the watch cache: %v", err)
	}
	list := &example.PodList{}
	if err := cached.GetList(t.Context(), podPrefix, storage.ListOptions{ResourceVersion: "0", Recursive: true, Predicate: storage.Everything}, list); err != nil {
		t.Fatal(err)
	}
	return &subject{
		Interface: &dated{Interface: cached, beginning: list.ResourceVersion},
		on:        on,
		cached:    true,
		checkKey:  checkKey(codec, namespaces),
	}
}

// dated is a storage whose first version is 1, as in the empty etcd of which the
// suite thinks. Versions of a cluster go on counting, and a watch cache that was
// just filled rightly answers that 1 is too old.
type dated struct {
	storage.Interface
	beginning string
}

func (d *dated) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	if opts.ResourceVersion == "1" {
		opts.ResourceVersion = d.beginning
	}
	return d.Interface.Watch(ctx, key, opts)
}

// notCached are the exams that do not apply behind the cache.
var notCached = map[string]string{
	"List":                         "it counts the reads that the cache passes on and compacts the cache from inside; here every consistent read is passed on, and what a client sees is examined by the other exams",
	"WatchContextCancel":           "a watch of the cache that is cancelled before it starts just ends; upstream does not run this on its cache either",
	"WatchFromZero":                "it compacts the cache from inside",
	"ListInconsistentContinuation": "it pages through a list at version 0, which the cache answers whole; upstream does not run this on its cache either",
}

func TestUpstreamCached(t *testing.T) {
	for _, exam := range exams {
		t.Run(exam.name, func(t *testing.T) {
			if reason, ok := notCached[exam.name]; ok {
				t.Skip(reason)
			}
			on := cluster
			if forgets[exam.name] {
				on = forgetful
			}
			clusterScoped := exam.name == "ClusterScopedWatch"
			indexed := clusterScoped || exam.name == "NamespaceScopedWatch" || exam.name == "NamespaceScopedList"
			exam.run(t.Context(), t, newCached(t, on, clusterScoped, indexed))
		})
	}
}
