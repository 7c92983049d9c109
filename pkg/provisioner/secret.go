package provisioner

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

const (
	// ReasonSecretForeign is a Secret of a name that the shop needs, made by somebody else.
	ReasonSecretForeign = "SecretForeign"
	// ReasonSecretMissing is a Secret that the running shop had and that is gone, and
	// whose values are in its data.
	ReasonSecretMissing = "SecretMissing"
	// ReasonSecretUnusable is a Secret that could not be made or read.
	ReasonSecretUnusable = "SecretUnusable"
)

// annotationStoreUID on a Secret names the Store it was made for. Nothing is
// granted by it: it only lets a new Store notice what an overtaken reconcile of
// its predecessor left behind.
const annotationStoreUID = "platform.example.io/store-uid"

// makeSecrets makes the Secrets that do not exist, and in those that do the keys
// that are missing; it waits for those that another controller owns. A value that
// exists is never changed, except on request (see rotation.go), and no value is
// logged or kept.
//
// Secrets are read by name, because to list or watch them would need permission
// to read every Secret of the cluster. They are read once for each process and
// release, again with each resync, and when a pod misses one.
func (p *Provisioner) makeSecrets(ctx context.Context, w *work) *stop {
	if marks, holds := p.vouched.holds(p.clock.Now(), w, p.platform.Provisioning.ResyncInterval.Duration); holds && !p.podsMissConfig(w) {
		w.marks = marks
		return nil
	}
	ctx = discreetly(ctx)
	known := secretValues{}
	if halt := p.awaitSecrets(ctx, w, known); halt != nil {
		return halt
	}
	for _, secret := range w.release.Secrets {
		if secret.Existing {
			continue
		}
		if halt := p.makeSecret(ctx, w, secret, known); halt != nil {
			return halt
		}
	}
	p.vouched.remember(p.clock.Now(), w)
	return nil
}

func (p *Provisioner) makeSecret(ctx context.Context, w *work, secret engine.Secret, known secretValues) *stop {
	client := p.kube.CoreV1().Secrets(w.namespace)
	// A new store has none, unless a pass was interrupted: asking first would cost
	// one request more for each Secret of each new store.
	if w.store.Status.ProvisioningStartTime == nil {
		made, err := p.createSecret(ctx, w, secret, known)
		if made || !apierrors.IsAlreadyExists(err) {
			return secretFailed(secret.Name, err)
		}
	}
	live, err := client.Get(ctx, secret.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && !namespaceGone(err):
		if !secret.Replaceable && p.had(w, secret.Name) {
			return refuseForNow(ReasonSecretMissing,
				"Secret %s was deleted; its values are in the shop's data and cannot be made again: restore the Secret from a backup", secret.Name)
		}
		_, err := p.createSecret(ctx, w, secret, known)
		return secretFailed(secret.Name, err)
	case err != nil:
		return secretFailed(secret.Name, err)
	case live.Labels[v1alpha1.LabelStore] != w.store.Name || live.Labels[v1alpha1.LabelManagedBy] != v1alpha1.ManagedBy:
		return refuseForNow(ReasonSecretForeign,
			"Secret %s exists and was not made by the platform; rename or delete it (`kubectl -n %s get secret %s`)", secret.Name, w.namespace, secret.Name)
	case !overtaken(live, w.store):
		known[secret.Name] = live.Data
	}
	if rotationDue(w, live) {
		return secretFailed(secret.Name, p.rotate(ctx, w, live, secret, known))
	}
	values, missing, err := known.complete(secret)
	if err == nil && len(missing) > 0 {
		err = p.amendSecret(ctx, w, live, values, missing)
	}
	known[secret.Name] = values
	w.mark(secret, &corev1.Secret{ObjectMeta: live.ObjectMeta, Data: values})
	return secretFailed(secret.Name, err)
}

// refuseForNow is a refusal whose end nothing tells of, because Secrets are not
// watched: it is asked again, more and more slowly.
func refuseForNow(reason, format string, args ...any) *stop {
	halt := refuse(reason, format, args...)
	halt.err = &refusedError{halt.verdict}
	return halt
}

// refusedError is a refusal as an error.
type refusedError struct{ health.Verdict }

func (e *refusedError) Error() string { return e.Reason + ": " + e.Message }

func (p *Provisioner) createSecret(ctx context.Context, w *work, secret engine.Secret, known secretValues) (made bool, err error) {
	values, keys, err := known.complete(secret)
	if err != nil {
		return false, err
	}
	object := newSecret(w, secret, values)
	created, err := p.kube.CoreV1().Secrets(w.namespace).Create(ctx, object, metav1.CreateOptions{FieldManager: FieldManager})
	if err != nil {
		return false, err
	}
	known[secret.Name] = values
	w.mark(secret, created)
	klog.FromContext(ctx).V(1).Info("Made Secret", "name", secret.Name, "keys", keys)
	return true, nil
}

// amendSecret adds keys to exactly the Secret that was read.
func (p *Provisioner) amendSecret(ctx context.Context, w *work, live *corev1.Secret, values map[string][]byte, missing []string) error {
	data := map[string]any{}
	for key := range live.Data {
		if _, kept := values[key]; !kept && overtaken(live, w.store) {
			data[key] = nil
		}
	}
	for _, key := range missing {
		data[key] = values[key]
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{
			"uid": live.UID, "resourceVersion": live.ResourceVersion,
			"annotations": map[string]string{annotationStoreUID: string(w.store.UID)},
		},
		"data": data,
	})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	if _, err = p.kube.CoreV1().Secrets(w.namespace).Patch(ctx, live.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager}); err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Added keys to Secret", "name", live.Name, "keys", missing)
	return nil
}

func newSecret(w *work, secret engine.Secret, values map[string][]byte) *corev1.Secret {
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace,
			Name:      secret.Name,
			Labels: map[string]string{
				v1alpha1.LabelStore: w.store.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
				engine.LabelName: w.store.Spec.Engine, engine.LabelComponent: secret.Component,
			},
			Annotations: map[string]string{annotationStoreUID: string(w.store.UID)},
		},
		Type: corev1.SecretTypeOpaque,
		Data: values,
	}
	if token := w.store.Spec.AdminCredentialsRotation; token != "" && secret.Name == w.release.AdminSecret {
		object.Annotations[annotationRotation] = token // its password is new
	}
	return object
}

// had tells whether the shop has had a Secret: it was ready once, with a revision
// that has it. The revision is recorded when all its Secrets have been made.
func (p *Provisioner) had(w *work, secret string) bool {
	running := w.store.Status.EngineRevision
	if w.store.Status.ReadyTime == nil || running == w.revision.Name {
		return w.store.Status.ReadyTime != nil
	}
	installed, found := p.catalogue.Lookup(w.store.Spec.Engine)
	if !found {
		return false
	}
	before, found := installed.Revision(running)
	return found && slices.ContainsFunc(before.Definition.Secrets, func(s engine.SecretDefinition) bool { return s.Name == secret })
}

// overtaken tells a Secret that was made for an earlier Store of this name by a
// reconcile that outlived it. A Store that has been taken up itself keeps what
// it has: a restored one may well have another uid than its Secrets name.
func overtaken(live *corev1.Secret, store *v1alpha1.Store) bool {
	madeFor := live.Annotations[annotationStoreUID]
	return madeFor != "" && madeFor != string(store.UID) && store.Status.ProvisioningStartTime == nil
}

// secretFailed stops the work where there is an error.
func secretFailed(name string, err error) *stop {
	if err == nil {
		return nil
	}
	if namespaceGone(err) {
		return &stop{gone: true}
	}
	return &stop{
		verdict: health.Fails(health.Working, ReasonSecretUnusable,
			"Secret %s could not be made or read yet; it is tried again. If it stays so, the provisioner's role has to allow get, create and patch of secrets", name),
		err: fmt.Errorf("make secret %s: %w", name, err),
	}
}

// podsMissConfig tells whether a pod waits for a Secret, which is how the loss
// of one shows.
func (p *Provisioner) podsMissConfig(w *work) bool {
	return slices.ContainsFunc(list[*corev1.Pod](p.caches, kindPod, w.store.Name), func(pod *corev1.Pod) bool {
		return slices.ContainsFunc(slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses),
			func(s corev1.ContainerStatus) bool {
				return s.State.Waiting != nil && s.State.Waiting.Reason == "CreateContainerConfigError"
			})
	})
}

// secretValues are the values by Secret and key.
type secretValues map[string]map[string][]byte

// complete returns the values of a Secret with those it lacked, and which those are.
func (known secretValues) complete(secret engine.Secret) (values map[string][]byte, missing []string, err error) {
	values = maps.Clone(known[secret.Name])
	if values == nil {
		values = map[string][]byte{}
	}
	for _, key := range secret.Data {
		if _, exists := values[key.Key]; exists {
			continue
		}
		value, err := key.Make(rand.Reader, func(other, name string) (string, bool) {
			from := values
			if other != "" {
				from = known[other]
			}
			value, found := from[name]
			return string(value), found
		})
		if err != nil {
			return nil, nil, fmt.Errorf("make key %s: %w", key.Key, err)
		}
		values[key.Key] = []byte(value)
		missing = append(missing, key.Key)
	}
	return values, missing, nil
}
