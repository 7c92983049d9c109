package provisioner

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
)

// wooCommerceSecrets are the keys of WooCommerce's Secrets.
func wooCommerceSecrets() map[string][]string {
	engine, _ := must(embedded()).Lookup("woocommerce")
	keys := map[string][]string{}
	for _, secret := range engine.Latest().Definition.Secrets {
		for _, key := range secret.Keys {
			keys[secret.Name] = append(keys[secret.Name], key.Key)
		}
	}
	return keys
}

// leaving has these Secrets of WooCommerce be another controller's, and Secrets
// looked at every second.
func leaving(names ...string) func(*Options) {
	return func(o *Options) {
		o.Platform.Secrets = map[string]map[string]config.Secret{"woocommerce": {}}
		for _, name := range names {
			o.Platform.Secrets["woocommerce"][name] = config.Secret{Source: config.SecretExisting}
		}
		o.Platform.Provisioning.ResyncInterval.Duration = time.Second
		o.Platform.Provisioning.MinBackoff.Duration = 50 * time.Millisecond
		o.Platform.Provisioning.MaxBackoff.Duration = 200 * time.Millisecond
	}
}

// provide makes a Secret as another controller does: with its own labels.
func (b *bench) provide(namespace, name, value string, keys ...string) *corev1.Secret {
	b.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"reconcile.external-secrets.io/managed": "true"}},
		Data:       map[string][]byte{},
	}
	for _, key := range keys {
		secret.Data[key] = []byte(value + "-" + strings.ToLower(key))
	}
	made, err := b.kube.CoreV1().Secrets(namespace).Create(b.t.Context(), secret, metav1.CreateOptions{FieldManager: "external-secrets"})
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

func (b *bench) patchSecret(namespace, name, patch string) *corev1.Secret {
	b.t.Helper()
	patched, err := b.kube.CoreV1().Secrets(namespace).Patch(b.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "external-secrets"})
	if err != nil {
		b.t.Fatal(err)
	}
	return patched
}

// awaits waits until a store says that it waits for Secrets, in these words.
func (b *bench) awaits(name string, words ...string) *v1alpha1.Store {
	b.t.Helper()
	return b.until(name, fmt.Sprintf("message %q", words), func(store *v1alpha1.Store) bool {
		condition := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionResourcesApplied)
		return condition != nil && condition.Reason == ReasonWaitingForSecret &&
			!slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(condition.Message, word) })
	})
}

// untouched wants a Secret to be as it was written by whoever owns it.
func (b *bench) untouched(was *corev1.Secret) {
	b.t.Helper()
	is := b.secret(was.Namespace, was.Name)
	if diff := cmp.Diff(was.ObjectMeta, is.ObjectMeta); diff != "" {
		b.t.Errorf("Secret %s was written (-before +after):\n%s", was.Name, diff)
	}
	if !cmp.Equal(was.Data, is.Data) {
		b.t.Errorf("the values of Secret %s were changed", was.Name)
	}
}

// TestExistingSecretsAreAwaited has a shop's Secrets come from elsewhere, one after
// the other and not whole at first.
func TestExistingSecretsAreAwaited(t *testing.T) {
	b := newBench(t)
	p := b.provision(leaving("database", "salts"))
	const name, namespace = "existing", "store-existing"
	keys := wooCommerceSecrets()
	b.order(name, nil)
	store := b.awaits(name, "Secret database does not exist", "Secret salts does not exist", "get externalsecrets")
	if store.Status.Phase != v1alpha1.StoreProvisioning {
		t.Errorf("the store is %s while it waits", store.Status.Phase)
	}
	if applied, err := b.kube.AppsV1().StatefulSets(namespace).List(t.Context(), metav1.ListOptions{}); err != nil || len(applied.Items) > 0 {
		t.Errorf("a database was made that has no password yet (%v)", err)
	}

	b.provide(namespace, "database", "theirs", "name", "username", "password")
	b.patchSecret(namespace, "database", `{"data":{"username":""}}`)
	b.awaits(name, "Secret database has no value for username, root-password", "Secret salts does not exist")
	salts := b.provide(namespace, "salts", "theirs", keys["salts"]...)
	b.awaits(name, "Secret database has no value for username, root-password:")
	database := b.patchSecret(namespace, "database", `{"stringData":{"username":"shop","root-password":"theirs-root"}}`)
	store = b.ready(name)

	b.untouched(database)
	b.untouched(salts)
	for _, request := range writesOf(p.requests.about(name, 0)) {
		if strings.Contains(request, "/secrets/database") || strings.Contains(request, "/secrets/salts") {
			t.Errorf("a Secret of another controller was answered by %s", request)
		}
	}
	if ours := b.secret(namespace, "admin"); ours.Labels[v1alpha1.LabelStore] != name || len(ours.Data["password"]) == 0 {
		t.Error("the Secret that is generated was not made")
	}
	told := string(must(json.Marshal(store)))
	for _, secret := range []*corev1.Secret{database, salts} {
		for key, value := range secret.Data {
			if strings.Contains(told, string(value)) && string(value) != "shop" || strings.Contains(told, base64.StdEncoding.EncodeToString(value)) {
				t.Errorf("the store tells the value of %s in Secret %s", key, secret.Name)
			}
		}
	}

	// What owns it takes it away from a shop that serves.
	if err := b.kube.CoreV1().Secrets(namespace).Delete(t.Context(), "database", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.awaits(name, "Secret database does not exist")
	b.phase(name, v1alpha1.StoreDegraded)
	b.provide(namespace, "database", "theirs", keys["database"]...)
	b.ready(name)
}

// TestSwitchToExistingSecretsAndBack changes who owns the Secrets of a shop that
// serves: nothing of them changes, and no pod is replaced.
func TestSwitchToExistingSecretsAndBack(t *testing.T) {
	b := newBench(t)
	const name, namespace = "existing-switch", "store-existing-switch"
	names := slices.Sorted(maps.Keys(wooCommerceSecrets()))
	generated := b.provision(leaving())
	b.order(name, nil)
	b.ready(name)
	generated.stop()
	var secrets []*corev1.Secret
	for _, secret := range names {
		secrets = append(secrets, b.secret(namespace, secret))
	}
	marks := b.podMarks(namespace)
	unchanged := func(when string) {
		t.Helper()
		for _, secret := range secrets {
			b.untouched(secret)
		}
		if diff := cmp.Diff(marks, b.podMarks(namespace)); diff != "" {
			t.Errorf("%s: pods are replaced (-before +after):\n%s", when, diff)
		}
	}

	existing := b.provision(leaving(names...))
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.DisplayName = "With existing Secrets" })
	b.applied(name)
	b.ready(name)
	unchanged("existing")
	b.patchSecret(namespace, "salts", `{"data":{"WORDPRESS_AUTH_KEY":null}}`)
	b.awaits(name, "Secret salts has no value for WORDPRESS_AUTH_KEY")
	existing.stop()

	// A lost key is ours to make again.
	b.provision(leaving())
	b.eventually("the lost key is made", func(context.Context) (bool, string) {
		return len(b.secret(namespace, "salts").Data["WORDPRESS_AUTH_KEY"]) > 0, "it is not there"
	})
	b.ready(name)
}

// TestRotationOfAnExistingLogin wants the shop to be given what is in the Secret,
// and the Secret to be left as it is, until it is handed over.
func TestRotationOfAnExistingLogin(t *testing.T) {
	b := newBench(t)
	existing := b.provision(leaving("admin"))
	const name, namespace = "existing-login", "store-existing-login"
	b.order(name, nil)
	b.provide(namespace, "admin", "theirs", "username", "password")
	b.ready(name)
	changed := b.patchSecret(namespace, "admin", `{"stringData":{"password":"theirs-too"}}`)
	b.edit(name, func(s *v1alpha1.StoreSpec) { s.AdminCredentialsRotation = "theirs" })
	b.rotated(name, "theirs")
	b.untouched(changed)
	if told := b.toldRotation(namespace); told != "theirs" {
		t.Errorf("the bootstrap is told of rotation %q", told)
	}
	existing.stop()

	b.provision(leaving())
	b.condition(name, v1alpha1.ConditionResourcesApplied, metav1.ConditionFalse, ReasonSecretForeign)
	b.untouched(changed)
	changed = b.patchSecret(namespace, "admin", fmt.Sprintf(`{"metadata":{"labels":{%q:%q,%q:%q}}}`,
		v1alpha1.LabelStore, name, v1alpha1.LabelManagedBy, v1alpha1.ManagedBy))
	b.ready(name)
	b.untouched(changed)
}
