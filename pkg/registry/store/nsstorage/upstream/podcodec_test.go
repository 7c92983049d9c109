package upstream

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
	"k8s.io/apiserver/pkg/storage"

	"platform.example.io/stores/pkg/registry/store/nsstorage"
)

const (
	podPrefix     = "/pods/"
	labelRun      = "upstream.example.com/run"
	annotationKey = "upstream.example.com/key"
	annotationPod = "upstream.example.com/pod"
)

// podCodec keeps example Pods in namespaces. Each run has its own, so that
// tests share a kube-apiserver and see nothing of each other.
type podCodec struct {
	run    string
	scheme *runtime.Scheme
}

var _ nsstorage.Codec = podCodec{}

// ordered encodes keys to DNS labels and preserves their order.
var ordered = base32.HexEncoding.WithPadding(base32.NoPadding)

func (c podCodec) Selector() labels.Selector {
	return labels.SelectorFromSet(labels.Set{labelRun: c.run})
}

func (c podCodec) NamespaceName(key string) (string, error) {
	path, ok := strings.CutPrefix(key, podPrefix)
	if !ok {
		return "", fmt.Errorf("key %q is not below %q", key, podPrefix)
	}
	return c.run + "-k" + strings.ToLower(ordered.EncodeToString([]byte(path))), nil
}

func (c podCodec) Key(namespace *corev1.Namespace) (string, bool) {
	key, ok := namespace.Annotations[annotationKey]
	return key, ok && namespace.Labels[labelRun] == c.run
}

func (c podCodec) Fence() (string, map[string]string) {
	return c.run + "-fence", map[string]string{labelRun: c.run}
}

func (c podCodec) FormerKey(namespace *corev1.Namespace) (string, bool) { return c.Key(namespace) }

func (c podCodec) Encode(key string, object runtime.Object) (nsstorage.Image, error) {
	text, err := c.text(object)
	return nsstorage.Image{
		Labels:      map[string]string{labelRun: c.run},
		Annotations: map[string]string{annotationKey: key, annotationPod: text},
	}, err
}

func (c podCodec) Diff(stored, updated runtime.Object) (nsstorage.Image, bool, error) {
	before, err := c.text(stored)
	if err != nil {
		return nsstorage.Image{}, false, err
	}
	after, err := c.text(updated)
	return nsstorage.Image{
		Labels:      map[string]string{labelRun: c.run},
		Annotations: map[string]string{annotationPod: after},
	}, before != after, err
}

func (c podCodec) text(object runtime.Object) (string, error) {
	internal := object.DeepCopyObject()
	if err := (storage.APIObjectVersioner{}).PrepareObjectForStorage(internal); err != nil {
		return "", err
	}
	pod := &examplev1.Pod{}
	if err := c.scheme.Convert(internal, pod, nil); err != nil {
		return "", err
	}
	text, err := json.Marshal(pod)
	return string(text), err
}

func (c podCodec) Decode(namespace *corev1.Namespace, into runtime.Object) {
	pod := &examplev1.Pod{}
	if err := json.Unmarshal([]byte(namespace.Annotations[annotationPod]), pod); err != nil {
		panic(err) // Only this codec writes what it reads.
	}
	if err := c.scheme.Convert(pod, into, nil); err != nil {
		panic(err)
	}
	into.(*example.Pod).ObjectMeta.ResourceVersion = namespace.ResourceVersion
	into.(*example.Pod).TypeMeta = metav1.TypeMeta{}
}
