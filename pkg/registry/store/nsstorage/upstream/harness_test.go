package upstream

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"platform.example.io/stores/pkg/registry/store/nsstorage"
	"platform.example.io/stores/test/controlplane"
)

// cluster is a kube-apiserver as it comes. forgetful is one without a watch
// cache, which therefore forgets what etcd forgets: the usual one answers for
// compacted versions from its own memory for a while.
var cluster, forgetful *controlplane.Cluster

func TestMain(m *testing.M) {
	start := func(to **controlplane.Cluster, args ...string) func() int {
		return func() int {
			options := controlplane.Options{
				Components:        []string{controlplane.Etcd, controlplane.KubeAPIServer},
				Bare:              true,
				KubeAPIServerArgs: args,
			}
			started, err := controlplane.Run(context.Background(), options)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			*to = started
			return 0
		}
	}
	code := start(&cluster)()
	if code == 0 {
		code = start(&forgetful, "--watch-cache-sizes=namespaces#0")()
	}
	if code == 0 {
		code = m.Run()
	}
	for _, c := range []*controlplane.Cluster{cluster, forgetful} {
		if c == nil {
			continue
		}
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

var (
	scheme = runtime.NewScheme()
	codecs = serializer.NewCodecFactory(scheme)
)

func init() {
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	utilruntime.Must(example.AddToScheme(scheme))
	utilruntime.Must(examplev1.AddToScheme(scheme))
}

func newPod() runtime.Object     { return &example.Pod{} }
func newPodList() runtime.Object { return &example.PodList{} }

var runs atomic.Int64

// newRaw returns a storage of its own, without a watch cache, on a shared
// kube-apiserver, and the client it works with.
func newRaw(t *testing.T, on *controlplane.Cluster, compacted func() int64) (*nsstorage.Storage, nsstorage.Codec, nsstorage.Namespaces) {
	t.Helper()
	client, err := nsstorage.NewNamespaces(on.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	codec := podCodec{run: "r" + strconv.FormatInt(runs.Add(1), 36), scheme: scheme}
	namespaces := instant{client}
	return nsstorage.New(nsstorage.Config{
		Namespaces:      namespaces,
		Codec:           codec,
		Resource:        schema.GroupResource{Resource: "pods"},
		ResourcePrefix:  podPrefix,
		NewFunc:         newPod,
		CompactRevision: compacted,
	}), codec, namespaces
}

// instant is a client of namespaces that are deleted at once, as the suite's
// objects are. It is the namespace controller's part, played in advance: the
// finalizer that makes a namespace terminate slowly is taken off when it is
// created, and what a watch says of the moment in between is left out.
type instant struct {
	nsstorage.Namespaces
}

func (i instant) Create(ctx context.Context, namespace *corev1.Namespace, options metav1.CreateOptions) (*corev1.Namespace, error) {
	created, err := i.Namespaces.Create(ctx, namespace, options)
	if err != nil {
		return nil, err
	}
	created.Spec.Finalizers = nil
	return i.Finalize(ctx, created, metav1.UpdateOptions{})
}

// Delete deletes twice: the first request makes the namespace terminate, the
// second finds that nothing holds it.
func (i instant) Delete(ctx context.Context, name string, options metav1.DeleteOptions) error {
	if err := i.Namespaces.Delete(ctx, name, options); err != nil {
		return err
	}
	return i.Namespaces.Delete(ctx, name, metav1.DeleteOptions{})
}

func (i instant) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	upstream, err := i.Namespaces.Watch(ctx, options)
	if err != nil {
		return nil, err
	}
	var lock sync.Mutex
	fresh := map[types.UID]bool{}
	return watch.Filter(upstream, func(event watch.Event) (watch.Event, bool) {
		namespace, ok := event.Object.(*corev1.Namespace)
		if !ok || event.Type == watch.Bookmark {
			return event, true
		}
		lock.Lock()
		defer lock.Unlock()
		if event.Type == watch.Modified && namespace.DeletionTimestamp != nil {
			return event, false
		}
		if len(namespace.Spec.Finalizers) > 0 {
			fresh[namespace.UID] = true
			return event, false
		}
		if fresh[namespace.UID] && event.Type == watch.Modified {
			delete(fresh, namespace.UID)
			event.Type = watch.Added
		}
		return event, true
	}), nil
}

// increaseRV moves the cluster's version without touching a pod.
func (s *subject) increaseRV(ctx context.Context, t *testing.T) int64 {
	kube := kubernetes.NewForConfigOrDie(s.on.RESTConfig())
	created, err := kube.CoreV1().ConfigMaps("default").Create(ctx,
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "unrelated-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	version, err := strconv.ParseInt(created.ResourceVersion, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// compact makes the cluster forget what was before the version, as kube-apiserver
// does every five minutes, and returns when it has.
func (s *subject) compact(ctx context.Context, t *testing.T, resourceVersion string) {
	t.Helper()
	version, err := strconv.ParseInt(resourceVersion, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	url, tls, err := s.on.Etcd()
	if err != nil {
		t.Fatal(err)
	}
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{url}, TLS: tls})
	if err != nil {
		t.Fatal(err)
	}
	defer etcd.Close()
	// The first call learns the number of compactions so far, the second one compacts.
	expected := int64(0)
	for range 2 {
		current, _, compacted, err := etcd3.Compact(ctx, etcd, expected, version)
		if err != nil {
			t.Fatalf("compact to %d: %v", version, err)
		}
		if compacted >= version {
			break
		}
		expected = current
	}
	kube := kubernetes.NewForConfigOrDie(s.on.RESTConfig())
	err = wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, 90*time.Second, true, func(ctx context.Context) (bool, error) {
		_, err := kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{
			ResourceVersion:      fmt.Sprint(version - 1),
			ResourceVersionMatch: metav1.ResourceVersionMatchExact,
			Limit:                1,
		})
		return apierrors.IsResourceExpired(err) || apierrors.IsGone(err), nil
	})
	if err != nil {
		t.Fatalf("wait until kube-apiserver has forgotten version %d: %v", version-1, err)
	}
	s.compacted.Store(version)
	if !s.cached {
		return
	}
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return s.CompactRevision() == version, nil
	})
	if err != nil {
		t.Fatalf("wait until the watch cache has forgotten version %d: %v", version-1, err)
	}
}

// checkKey holds what a key is in this storage: exactly one namespace.
func checkKey(codec nsstorage.Codec, namespaces corev1client.NamespaceInterface) func(context.Context, *testing.T, string) {
	return func(ctx context.Context, t *testing.T, key string) {
		t.Helper()
		name, err := codec.NamespaceName(key)
		if err != nil {
			t.Fatal(err)
		}
		namespace, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatalf("the object at %s has no namespace: %v", key, err)
		}
		if found, ours := codec.Key(namespace); !ours || found != key {
			t.Errorf("namespace %s holds %q, want %q", name, found, key)
		}
	}
}
