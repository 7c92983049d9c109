package nsstorage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/klog/v2"
)

const (
	// annotationFence holds a value that each write of a fence changes: a patch
	// that changes nothing is not written, and moves nothing.
	annotationFence = "platform.example.io/fence"
	// fencePatience bounds one write of a fence. A healthy cluster takes
	// milliseconds.
	fencePatience = 10 * time.Second
	// fenceAttempts bounds the writes of one fence: another replica of this
	// server may create, delete or patch the namespace at the same moment.
	fenceAttempts = 5
	// fenceMemory bounds how many of our writes are remembered while the watch,
	// which forgets them, is away.
	fenceMemory = 1024
)

// fence moves the cluster's version on demand, where our own watch sees it.
//
// It writes to one namespace that the codec selects and that can never hold an
// object. Everything that was acknowledged before the write has a lower version,
// and a watch delivers in order: once the write's event has arrived, the watch
// cache has all of it. Any number of callers share a write.
//
// Its own writes it keeps to itself: they change nothing that a reader could see,
// so the version before them is as good, and two lists between which nothing
// happened have the same.
type fence struct {
	storage *Storage
	name    string
	labels  map[string]string
	writes  coalescer[uint64]

	mu   sync.Mutex
	last uint64              // our last write
	free uint64              // the last version before it that was not ours
	ours map[uint64]struct{} // our writes of late
}

func newFence(s *Storage) *fence {
	f := &fence{storage: s, ours: map[uint64]struct{}{}}
	f.name, f.labels = s.codec.Fence()
	f.writes.run = f.write
	return f
}

// acknowledged returns the version before our write at the version, and before
// all of ours that directly precede it. The next write begins after this.
func (f *fence) acknowledged(version uint64) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if version != f.last+1 {
		f.free = version - 1
	}
	f.last = version
	if len(f.ours) >= fenceMemory {
		clear(f.ours)
	}
	f.ours[version] = struct{}{}
	return f.free
}

// reached returns how far a watch has come with an event at the version of a
// namespace that holds no object; 0 means no farther than it was. If the write
// before was ours, acknowledged asked for nothing later than what came before
// that; what is not known to be ours counts as somebody's.
func (f *fence) reached(namespace string, version uint64) uint64 {
	if namespace != f.name {
		return version
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ours := f.ours[version-1]; ours {
		delete(f.ours, version-1)
		return 0
	}
	return version - 1
}

// pass returns a version that is not lower than that of anything acknowledged
// before the call, and to which the watch of the storage comes. What fails it is
// errNoFence.
func (f *fence) pass(ctx context.Context) (uint64, error) {
	version, err := f.writes.do(ctx)
	if err != nil && ctx.Err() != nil {
		return 0, storage.NewTimeoutError(f.storage.prefix, "the read did not complete in time")
	}
	return version, err
}

func (f *fence) write() (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fencePatience)
	defer cancel()
	var err error
	for range fenceAttempts {
		var version uint64
		if version, err = f.move(ctx); err == nil {
			return f.acknowledged(version), nil
		}
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) && !apierrors.IsAlreadyExists(err) {
			break
		}
	}
	klog.FromContext(ctx).Error(err, "Could not write to the namespace that orders reads; consistent reads go to kube-apiserver instead", "namespace", f.name)
	return 0, fmt.Errorf("%w: %w", errNoFence, err)
}

// errNoFence says that the version could not be moved.
var errNoFence = errors.New("no fence could be written")

// move writes a token to the namespace, which it creates when there is none, and
// returns the version that this made.
func (f *fence) move(ctx context.Context) (uint64, error) {
	token := string(uuid.NewUUID())
	namespace, err := f.patch(ctx, token)
	switch {
	case apierrors.IsNotFound(err):
		namespace, err = f.storage.namespaces.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name:        f.name,
			Labels:      f.labels,
			Annotations: map[string]string{annotationFence: token},
		}}, metav1.CreateOptions{})
	case apierrors.IsInvalid(err):
		namespace, err = f.repair(ctx, token)
	}
	if err != nil {
		return 0, err
	}
	if namespace.Annotations[annotationFence] != token {
		// Somebody's policy took the token off: then nothing was written, and the
		// version is that of long ago.
		return 0, fmt.Errorf("write to namespace %s: the annotation %s did not stay", f.name, annotationFence)
	}
	return f.storage.versioner.ParseResourceVersion(namespace.ResourceVersion)
}

// patch fails as invalid on a namespace that is not as we made it.
func (f *fence) patch(ctx context.Context, token string) (*corev1.Namespace, error) {
	operations := []map[string]any{{"op": "replace", "path": "/metadata/annotations/" + pointer(annotationFence), "value": token}}
	for label, value := range f.labels {
		operations = append(operations, map[string]any{"op": "test", "path": "/metadata/labels/" + pointer(label), "value": value})
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return nil, fmt.Errorf("encode fence: %w", err)
	}
	return f.storage.namespaces.Patch(ctx, f.name, types.JSONPatchType, patch, metav1.PatchOptions{})
}

// repair writes to a namespace that lost its annotation. One that does not carry
// the fence's labels is somebody else's, and nothing is adopted.
func (f *fence) repair(ctx context.Context, token string) (*corev1.Namespace, error) {
	namespace, err := f.storage.namespaces.Get(ctx, f.name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	for label, value := range f.labels {
		if namespace.Labels[label] != value {
			return nil, fmt.Errorf("write to namespace %s: it lacks the label %s=%s and so is not the platform's", f.name, label, value)
		}
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"resourceVersion": namespace.ResourceVersion,
		"annotations":     map[string]string{annotationFence: token},
	}})
	if err != nil {
		return nil, fmt.Errorf("encode fence: %w", err)
	}
	return f.storage.namespaces.Patch(ctx, f.name, types.MergePatchType, patch, metav1.PatchOptions{})
}

// pointer escapes a key for a path of a JSON patch (RFC 6901).
func pointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
