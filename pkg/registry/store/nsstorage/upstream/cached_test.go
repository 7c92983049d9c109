package upstream

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	etcdkubernetes "go.etcd.io/etcd/client/v3/kubernetes"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
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
func newCached(t *testing.T, on *controlplane.Cluster, reads nsstorage.ConsistentReads, clusterScoped, indexed bool) *subject {
	t.Helper()
	_, codec, namespaces := newRaw(t, on, nil)
	subject := &subject{
		on:         on,
		cached:     true,
		consistent: reads == nsstorage.Fence,
		checkKey:   checkKey(codec, namespaces),
		recorder:   storagetesting.NewKubernetesRecorder(nothing{}),
	}
	subject.forgetting = &forgetting{Namespaces: namespaces}
	namespaces = subject.forgetting
	if subject.consistent {
		namespaces = recorded{namespaces, subject.recorder}
	}
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
		Namespaces:      namespaces,
		Codec:           codec,
		Resource:        schema.GroupResource{Resource: "pods"},
		ConsistentReads: reads,
		CompactRevision: subject.compacted.Load,
		OnReady:         func(check func() error) { ready = check },
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
	// A consistent list creates the fence, which is not part of the test.
	if err := cached.GetList(t.Context(), podPrefix, storage.ListOptions{Recursive: true, Predicate: storage.Everything}, list); err != nil {
		t.Fatal(err)
	}
	subject.Interface = &dated{Interface: cached, beginning: list.ResourceVersion}
	if subject.consistent {
		raw := nsstorage.New(nsstorage.Config{
			Namespaces: namespaces, Codec: codec, Resource: decorator.Resource, ResourcePrefix: podPrefix, NewFunc: newPod,
		})
		subject.Interface = &prepared{Interface: subject.Interface, raw: raw, compacted: &subject.compacted}
	}
	return subject
}

// prepared is a storage whose consistent lists write nothing until the test that
// compacts has done so: what it reads to prepare itself tells it a version, from
// which on it counts what compacting writes.
type prepared struct {
	storage.Interface
	raw       *nsstorage.Storage
	compacted *atomic.Int64
	future    string // what the test takes for a version that does not exist yet
}

func (p *prepared) GetList(ctx context.Context, key string, opts storage.ListOptions, out runtime.Object) error {
	_, graded := ctx.Value(storagetesting.RecorderContextKey).(string)
	if p.compacted.Load() == 0 && !graded && opts.ResourceVersion == "" && key == podPrefix+"second" {
		err := p.raw.GetList(ctx, key, opts, out)
		version, _ := strconv.ParseInt(out.(*example.PodList).ResourceVersion, 10, 64)
		p.future = strconv.FormatInt(version+2, 10)
		return err
	}
	if graded && opts.ResourceVersionMatch == metav1.ResourceVersionMatchExact && opts.ResourceVersion == p.future {
		opts.ResourceVersion += "000" // the future of the test is past, since fences were written
	}
	return p.Interface.GetList(ctx, key, opts, out)
}

// forgetting is a client of namespaces whose watch can be told that the past is
// forgotten, as kube-apiserver tells one that was away for too long.
type forgetting struct {
	nsstorage.Namespaces
	mu     sync.Mutex
	open   watch.Interface
	forgot bool
}

func (f *forgetting) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.forgot {
		f.forgot = false
		return nil, apierrors.NewResourceExpired("too old resource version")
	}
	var err error
	f.open, err = f.Namespaces.Watch(ctx, options)
	return f.open, err
}

func (f *forgetting) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgot = true
	f.open.Stop()
}

// compactWatch makes the cluster forget what was before the version, and the
// watch cache with it, which begins anew.
func (s *subject) compactWatch(ctx context.Context, t *testing.T, resourceVersion string) {
	t.Helper()
	if !s.cached {
		s.compact(ctx, t, resourceVersion)
		return
	}
	s.increaseRV(ctx, t) // by this the new cache is told from the old one
	before := s.cacheVersion(ctx, t)
	s.forgetting.forget()
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		now := s.cacheVersion(ctx, t)
		return now != "" && now != before, nil
	})
	if err != nil {
		t.Fatalf("wait until the watch cache has begun anew: %v", err)
	}
}

// cacheVersion returns the version of the watch cache, or "" while there is none.
func (s *subject) cacheVersion(ctx context.Context, t *testing.T) string {
	t.Helper()
	list := &example.PodList{}
	err := s.GetList(ctx, podPrefix, storage.ListOptions{ResourceVersion: "0", Recursive: true, Predicate: storage.Everything}, list)
	if err != nil && !apierrors.IsTooManyRequests(err) {
		t.Fatal(err)
	}
	return list.ResourceVersion
}

// recorded tells the recorder of each list that goes through to kube-apiserver.
// Where nothing but a fence makes a read consistent, none does.
type recorded struct {
	nsstorage.Namespaces
	recorder *storagetesting.KubernetesRecorder
}

func (r recorded) ListStream(ctx context.Context, options metav1.ListOptions) (io.ReadCloser, error) {
	if _, err := r.recorder.List(ctx, options.FieldSelector, etcdkubernetes.ListOptions{Limit: options.Limit}); err != nil {
		return nil, err
	}
	return r.Namespaces.ListStream(ctx, options)
}

// nothing is what the recorder stands in front of: in etcd's place, for it can
// record nothing else.
type nothing struct {
	etcdkubernetes.Interface
}

func (nothing) List(context.Context, string, etcdkubernetes.ListOptions) (etcdkubernetes.ListResponse, error) {
	return etcdkubernetes.ListResponse{}, nil
}

// dated is a storage whose first version is 1, as in the empty etcd of which the
// suite thinks. Versions of a cluster go on counting: a watch cache that was just
// filled rightly answers that 1 is too old, and kube-apiserver does when it has
// forgotten its beginning, which takes it a minute or two.
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

// notCached are the tests that do not apply behind the cache.
var notCached = map[string]string{
	"WatchContextCancel":           "a watch of the cache that is cancelled before it starts just ends; upstream does not run this on its cache either",
	"ListInconsistentContinuation": "it pages through a list at version 0, which the cache answers whole; upstream does not run this on its cache either",
}

// notFenced are those that do not apply behind a fence.
var notFenced = map[string]string{
	"ConsistentList": "it counts the cluster's versions from one consistent read to the next, and so presumes that a read writes nothing; " +
		"that such a read sees everything acknowledged is TestConsistentListSeesWhatWasAcknowledged of the registry",
	"CompactRevision": "it expects compacting to be the only write after a consistent read; List compacts, too",
}

func TestUpstreamCached(t *testing.T) { runCached(t, nsstorage.ReadThrough) }

func TestUpstreamFence(t *testing.T) { runCached(t, nsstorage.Fence) }

func runCached(t *testing.T, reads nsstorage.ConsistentReads) {
	for _, test := range suite {
		t.Run(test.name, func(t *testing.T) {
			if reason, ok := notCached[test.name]; ok {
				t.Skip(reason)
			}
			if reason, ok := notFenced[test.name]; ok && reads == nsstorage.Fence {
				t.Skip(reason)
			}
			on := cluster
			if forgets[test.name] {
				on = forgetful
			}
			clusterScoped := test.name == "ClusterScopedWatch"
			indexed := clusterScoped || test.name == "NamespaceScopedWatch" || test.name == "NamespaceScopedList"
			test.run(t.Context(), t, newCached(t, on, reads, clusterScoped, indexed))
		})
	}
}
