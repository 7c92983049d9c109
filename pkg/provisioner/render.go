package provisioner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// ReasonRenderFailed is on ResourcesApplied of a Store that its engine cannot render.
const ReasonRenderFailed = "RenderFailed"

// labelComponent names the part of the shop an object belongs to.
const labelComponent = engine.LabelComponent

// releasesKept bounds the memory for rendered stores: those being worked on.
const releasesKept = 128

// releaseKey is all that a rendering depends on; the configuration and the
// catalogue do not change while the process runs.
type releaseKey struct {
	uid        types.UID
	generation int64
	revision   string
	withheld   string
}

// release is a rendered store, ready to be applied.
type release struct {
	*engine.Release
	objects []*desired
	marked  atomic.Pointer[marked] // what markPods last made of it
}

// desired is one object as it is to be.
type desired struct {
	kind      schema.GroupVersionKind
	name      string
	component string
	body      []byte         // what is sent
	claims    map[string]any // what is owned then, see ownership.go
	digest    string
	covered   atomic.Pointer[metav1.FieldsV1] // the set of fields that was last found to cover the claims
}

func (p *Provisioner) render(ctx context.Context, w *work) *stop {
	key := releaseKey{uid: w.store.UID, generation: w.store.Generation, revision: w.revision.Name}
	store := w.store
	if len(w.conflicts) > 0 {
		store, key.withheld = withholding(store, w.conflicts)
	}
	if known, found := p.releases.Get(key); found {
		w.release, _ = known.(*release)
		return nil
	}
	rendered, err := p.renderStore(store, w.revision)
	if err != nil {
		klog.FromContext(ctx).Error(err, "Store cannot be rendered", "revision", w.revision.Name)
		return refuse(ReasonRenderFailed, "revision %s of engine %s cannot render this store: %v; correct spec, or have the engine repaired. The shop is left as it is",
			w.revision.Name, w.revision.Engine, err)
	}
	p.releases.Add(key, rendered)
	w.release = rendered
	return nil
}

func (p *Provisioner) renderStore(store *v1alpha1.Store, revision *engine.Revision) (*release, error) {
	// The engine gets its own copy: what is cached is shared.
	rendered, err := revision.Render(engine.Input{Store: store.DeepCopy(), Platform: p.platform})
	if err != nil {
		return nil, err
	}
	r := &release{Release: rendered}
	for _, object := range rendered.Objects {
		d, err := newDesired(object, store.Name)
		if err != nil {
			return nil, err
		}
		r.objects = append(r.objects, d)
	}
	rendered.Objects = nil // a third of what is kept, and nobody reads it again
	return r, nil
}

// withholding returns the store without the hosts that others have.
func withholding(store *v1alpha1.Store, conflicts []health.Conflict) (*v1alpha1.Store, string) {
	store = store.DeepCopy()
	var taken []string
	for _, conflict := range conflicts {
		taken = append(taken, conflict.Host)
	}
	store.Spec.Hosts = slices.DeleteFunc(store.Spec.Hosts, func(host string) bool { return slices.Contains(taken, host) })
	slices.Sort(taken)
	return store, strings.Join(taken, " ")
}

// newDesired labels an object as the store's, with the pods it makes.
func newDesired(object *unstructured.Unstructured, store string) (*desired, error) {
	object = object.DeepCopy()
	object.SetNamespace(v1alpha1.NamespacePrefix + store)
	for _, path := range labelledPaths {
		if err := label(object.Object, path, v1alpha1.LabelStore, store); err != nil {
			return nil, fmt.Errorf("label %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return stamped(object)
}

// stamped adds the digest to an object that has none, and encodes it.
func stamped(object *unstructured.Unstructured) (*desired, error) {
	content, err := json.Marshal(object.Object)
	if err != nil {
		return nil, fmt.Errorf("encode %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:16])
	if err := unstructured.SetNestedField(object.Object, digest, "metadata", "annotations", annotationApplied); err != nil {
		return nil, fmt.Errorf("stamp %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, fmt.Errorf("encode %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return &desired{
		kind: object.GroupVersionKind(), name: object.GetName(), component: object.GetLabels()[labelComponent],
		body: body, claims: claimed(object.Object), digest: digest,
	}, nil
}

// labelledPaths lead to an object's metadata and to those of its pods.
var labelledPaths = [][]string{
	{},
	{"spec", "template"},
	{"spec", "jobTemplate"},
	{"spec", "jobTemplate", "spec", "template"},
}

// label sets a label on the object at a path, where there is one.
func label(object map[string]any, path []string, key, value string) error {
	if len(path) > 0 {
		if _, found, err := unstructured.NestedMap(object, path...); err != nil || !found {
			return err
		}
	}
	return unstructured.SetNestedField(object, value, append(slices.Clone(path), "metadata", "labels", key)...)
}
