package provisioner

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// ReasonWaitingForSecret is a Secret that another controller is to write, and that
// is not there yet or lacks a key.
const ReasonWaitingForSecret = "WaitingForSecret"

// awaitSecrets sees to it that the Secrets which another controller owns are there,
// with every key that the engine needs. Nothing is ever written to them: who made
// them, and what labels they have, is that controller's business.
//
// All are looked at before it stops, so that whoever has to provide them is told of
// all at once.
func (p *Provisioner) awaitSecrets(ctx context.Context, w *work, known secretValues) *stop {
	var lacking []string
	for _, secret := range w.release.Secrets {
		if !secret.Existing {
			continue
		}
		live, err := p.kube.CoreV1().Secrets(w.namespace).Get(ctx, secret.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err) && !namespaceGone(err):
			lacking = append(lacking, "Secret "+secret.Name+" does not exist")
		case err != nil:
			return secretFailed(secret.Name, err)
		default:
			if keys := keysMissing(secret, live); len(keys) > 0 {
				lacking = append(lacking, fmt.Sprintf("Secret %s has no value for %s", secret.Name, strings.Join(keys, ", ")))
			}
			known[secret.Name] = live.Data
			w.mark(secret, live)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	halt := refuseForNow(ReasonWaitingForSecret,
		"%s: the platform's configuration leaves this to another controller; see why it is not in namespace %s (`kubectl -n %s get externalsecrets`, where that is External Secrets Operator). It is looked for again by itself",
		strings.Join(lacking, "; "), w.namespace, w.namespace)
	// A new shop waits for its turn; one that served is in danger.
	halt.verdict.Outlook = health.Working
	if w.store.Status.ReadyTime != nil {
		halt.verdict.Outlook = health.Broken
	}
	return halt
}

// keysMissing returns the keys without a value; an empty password is none.
func keysMissing(secret engine.Secret, live *corev1.Secret) (keys []string) {
	for _, key := range secret.Data {
		if len(live.Data[key.Key]) == 0 {
			keys = append(keys, key.Key)
		}
	}
	return keys
}
