package provisioner

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"platform.example.io/stores/pkg/engine"
)

// annotationSecrets on a pod template marks what is in the replaceable Secrets that
// the pods read: other contents are another mark, which has the pods replaced as
// any change of their template does. Without it they would keep what they were
// started with, each until something else restarts it.
//
// The other Secrets are not in it: a database keeps the password that it was made
// with, whatever its Secret says, and pods that were restarted with another one
// would not get in.
const annotationSecrets = "platform.example.io/secrets"

// templates lead to the pod templates that can be changed. A Job's cannot; what it
// does is done, or is done with the values that were there when it began.
var templates = map[schema.GroupKind][]string{
	kindDeployment:  {"spec", "template"},
	kindStatefulSet: {"spec", "template"},
	kindCronJob:     {"spec", "jobTemplate", "spec", "template"},
}

// mark remembers what is in a Secret, if the pods that read it depend on that.
func (w *work) mark(secret engine.Secret, live *corev1.Secret) {
	if !secret.Replaceable {
		return
	}
	if w.marks == nil {
		w.marks = map[string]string{}
	}
	w.marks[secret.Name] = markOf(live)
}

// markOf is a digest of a Secret's data. Whoever reads pods reads it, so it is keyed
// by the uid, which only those see who may read the Secret: others cannot try out
// what a weak value, one that somebody chose, might be.
func markOf(secret *corev1.Secret) string {
	digest := hmac.New(sha256.New, []byte(secret.UID))
	write := func(part []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		digest.Write(length[:])
		digest.Write(part)
	}
	for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
		write([]byte(key))
		write(secret.Data[key])
	}
	return hex.EncodeToString(digest.Sum(nil)[:16])
}

// marked is a release whose pods are marked.
type marked struct {
	marks   string
	release *release
}

// markPods has the pods of the release bear the marks of the Secrets they read.
func (p *Provisioner) markPods(_ context.Context, w *work) *stop {
	if len(w.marks) == 0 {
		return nil
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(w.marks)) {
		all = append(all, name+"="+w.marks[name])
	}
	marks := strings.Join(all, " ")
	if known := w.release.marked.Load(); known != nil && known.marks == marks {
		w.release = known.release
		return nil
	}
	with := &release{Release: w.release.Release}
	for _, d := range w.release.objects {
		d, err := withMark(d, w.marks)
		if err != nil {
			return refuse(ReasonRenderFailed, "%v", err)
		}
		with.objects = append(with.objects, d)
	}
	w.release.marked.Store(&marked{marks, with})
	w.release = with
	return nil
}

// withMark returns an object with the marks of the Secrets that its pods read, in
// the order of their names.
func withMark(d *desired, marks map[string]string) (*desired, error) {
	path, markable := templates[d.kind.GroupKind()]
	if !markable {
		return d, nil
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(d.body); err != nil {
		return nil, fmt.Errorf("decode %s %s: %w", d.kind.Kind, d.name, err)
	}
	read, err := engine.SecretsRead(object)
	if err != nil {
		return nil, fmt.Errorf("read the pods of %s %s: %w", d.kind.Kind, d.name, err)
	}
	var theirs []string
	for _, name := range read {
		if mark, depends := marks[name]; depends {
			theirs = append(theirs, name+"="+mark)
		}
	}
	if len(theirs) == 0 {
		return d, nil
	}
	at := append(slices.Clone(path), "metadata", "annotations", annotationSecrets)
	if err := unstructured.SetNestedField(object.Object, strings.Join(theirs, " "), at...); err != nil {
		return nil, fmt.Errorf("mark the pods of %s %s: %w", d.kind.Kind, d.name, err)
	}
	unstructured.RemoveNestedField(object.Object, "metadata", "annotations", annotationApplied)
	return stamped(object)
}
