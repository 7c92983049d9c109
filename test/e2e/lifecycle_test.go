package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestShop orders a shop of each engine, with everything that an order can say,
// and finds it made.
func TestShop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ engine, url, adminURL, login string }{
		{engine: "woocommerce", url: "http://shop-woocommerce.localtest.me", adminURL: "http://shop-woocommerce.localtest.me/wp-admin/", login: "admin"},
		{engine: "medusa", url: "http://shop-medusa.localtest.me", adminURL: "http://shop-medusa.localtest.me/app", login: "admin@shop-medusa.localtest.me"},
	} {
		t.Run(c.engine, func(t *testing.T) {
			t.Parallel()
			name := "shop-" + c.engine
			order(t, name, func(s *v1alpha1.Store) {
				s.Spec.Engine, s.Spec.Hosts = c.engine, []string{c.engine + ".example.net"}
			})
			kubectl(t, "wait", "--for=condition=Ready", "store/"+name, "--timeout="+patience.String())
			store := get(t, name)
			want := v1alpha1.StoreStatus{
				Phase: v1alpha1.StoreReady, ObservedGeneration: 1, Namespace: "store-" + name, URL: c.url, AdminURL: c.adminURL,
				AdminSecretRef: &v1alpha1.SecretReference{Namespace: "store-" + name, Name: "admin"},
				EngineVersion:  store.Spec.Version, EngineRevision: "r1", Creator: "localcluster-admin",
			}
			got := store.Status
			if got.ProvisioningStartTime == nil || got.ReadyTime == nil {
				t.Errorf("it was taken up at %v and ready at %v", got.ProvisioningStartTime, got.ReadyTime)
			}
			got.Conditions, got.ProvisioningStartTime, got.ReadyTime = nil, nil, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}

			kinds := map[string]int{}
			for _, line := range strings.Fields(kubectl(t, "--namespace=store-"+name, "get", "--output=name", "--selector="+v1alpha1.LabelStore+"="+name,
				"resourcequotas,limitranges,networkpolicies,serviceaccounts,secrets,persistentvolumeclaims,statefulsets,deployments,services,jobs,ingresses,configmaps")) {
				kind, _, _ := strings.Cut(line, "/")
				kinds[kind]++
			}
			for _, kind := range []string{
				"resourcequota", "limitrange", "networkpolicy.networking.k8s.io", "serviceaccount", "secret", "persistentvolumeclaim",
				"statefulset.apps", "deployment.apps", "service", "job.batch", "ingress.networking.k8s.io", "configmap",
			} {
				if kinds[kind] == 0 {
					t.Errorf("the shop has no %s: %v", kind, kinds)
				}
			}
			ingress, err := kube.NetworkingV1().Ingresses("store-"+name).Get(t.Context(), "store", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var hosts []string
			for _, rule := range ingress.Spec.Rules {
				hosts = append(hosts, rule.Host)
			}
			if diff := cmp.Diff([]string{name + ".localtest.me", c.engine + ".example.net"}, hosts); diff != "" {
				t.Errorf("hosts (-want +got):\n%s", diff)
			}

			// The login, as the README says.
			secret := kubectl(t, "get", "store", name, "--output=jsonpath={.status.adminSecretRef.name}")
			login := kubectl(t, "--namespace=store-"+name, "get", "secret", secret,
				`--output=go-template={{range $k, $v := .data}}{{$k}}: {{base64decode $v}}{{"\n"}}{{end}}`)
			password, ok := strings.CutPrefix(login, "password: ")
			password, rest, _ := strings.Cut(password, "\n")
			if !ok || len(password) < 32 || !strings.Contains(rest, "username: "+c.login+"\n") {
				t.Errorf("the login has a password of %d characters, and then %q", len(password), rest)
			}
			object := kubectl(t, "get", "store", name, "--output=yaml", "--show-managed-fields")
			if namespace := kubectl(t, "get", "namespace", "store-"+name, "--output=yaml"); strings.Contains(object+namespace, password) {
				t.Error("the Store or its namespace carries the password")
			}
		})
	}
}

// TestDrift puts right what somebody changed or deleted, and nothing else.
func TestDrift(t *testing.T) {
	t.Parallel()
	order(t, "drift")
	untilReady(t, "drift")
	secret := adminPassword(t, "drift")
	deployments := kube.AppsV1().Deployments("store-drift")
	image := func(d *appsv1.Deployment) string { return d.Spec.Template.Spec.Containers[0].Image }
	deployment, err := deployments.Get(t.Context(), "application", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := image(deployment)

	drift(t, "drift")
	kubectl(t, "--namespace=store-drift", "set", "image", "deployment/application", "*=example.com/other:1")
	kubectl(t, "--namespace=store-drift", "label", "service/database", "theirs=kept")
	untilService(t, "drift")
	eventually(t, "the image is the engine's again", func(ctx context.Context) error {
		deployment, err := deployments.Get(ctx, "application", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if got := image(deployment); got != want {
			return fmt.Errorf("it is %s", got)
		}
		return nil
	})
	untilReady(t, "drift")
	service, err := kube.CoreV1().Services("store-drift").Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil || service.Labels["theirs"] != "kept" {
		t.Errorf("a label of somebody else is gone: %v, %v", service.Labels, err)
	}
	if adminPassword(t, "drift") != secret {
		t.Error("the password has changed")
	}
}

func adminPassword(t testing.TB, store string) string {
	t.Helper()
	secret, err := kube.CoreV1().Secrets(v1alpha1.NamespacePrefix+store).Get(t.Context(), "admin", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(secret.Data["password"])
}

// TestChange grows a shop, and it becomes ready in its new size.
func TestChange(t *testing.T) {
	t.Parallel()
	order(t, "grown", func(s *v1alpha1.Store) { s.Spec.Engine = "medusa" })
	first := untilReady(t, "grown")
	claim := claims(t, "grown")["database"]
	merge(t, "grown", `{"spec":{"plan":"business","displayName":"Grown","storage":[{"name":"database","size":"25Gi"}]}}`)
	store := untilReady(t, "grown")
	if store.Generation != 2 || !store.Status.ReadyTime.Equal(first.Status.ReadyTime) {
		t.Errorf("generation is %d; it was ready first at %s, and now says %s", store.Generation, first.Status.ReadyTime, store.Status.ReadyTime)
	}
	deployment, err := kube.AppsV1().Deployments("store-grown").Get(t.Context(), "application", metav1.GetOptions{})
	if err != nil || *deployment.Spec.Replicas != 2 || deployment.Status.ReadyReplicas != 2 {
		t.Errorf("it has not the replicas of its plan: %+v, %v", deployment.Status, err)
	}
	eventually(t, "the volume has grown", func(ctx context.Context) error {
		found, err := kube.CoreV1().PersistentVolumeClaims("store-grown").Get(ctx, "database", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if size := found.Status.Capacity.Storage().String(); size != "25Gi" || found.UID != claim {
			return fmt.Errorf("claim %s has %s, and was %s", found.UID, size, claim)
		}
		return nil
	})
}

func claims(t testing.TB, store string) map[string]types.UID {
	t.Helper()
	list, err := kube.CoreV1().PersistentVolumeClaims(v1alpha1.NamespacePrefix+store).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]types.UID{}
	for _, claim := range list.Items {
		found[claim.Name] = claim.UID
	}
	return found
}

// TestSuspend scales a shop to zero and back, and loses nothing.
func TestSuspend(t *testing.T) {
	t.Parallel()
	order(t, "suspend")
	untilReady(t, "suspend")
	before, password := claims(t, "suspend"), adminPassword(t, "suspend")
	merge(t, "suspend", `{"spec":{"suspend":true}}`)
	untilSettled(t, "suspend")
	eventually(t, "no pod serves the shop", func(ctx context.Context) error {
		pods, err := kube.CoreV1().Pods("store-suspend").List(ctx, metav1.ListOptions{FieldSelector: "status.phase=Running"})
		if err == nil && len(pods.Items) > 0 {
			err = errors.New("there are pods")
		}
		return err
	})
	merge(t, "suspend", `{"spec":{"suspend":false}}`)
	untilReady(t, "suspend")
	if diff := cmp.Diff(before, claims(t, "suspend")); diff != "" || len(before) == 0 {
		t.Errorf("claims (-before +after):\n%s", diff)
	}
	if adminPassword(t, "suspend") != password {
		t.Error("the password has changed")
	}
}

// TestHostConflict gives two stores one host, as writes that race do: the oldest
// keeps it until it goes.
func TestHostConflict(t *testing.T) {
	t.Parallel()
	order(t, "host-old", func(s *v1alpha1.Store) { s.Spec.Hosts = []string{"contested.example.com"} })
	untilReady(t, "host-old") // the other is younger by the second, which is what timestamps have
	order(t, "host-young")
	untilReady(t, "host-young")
	overwrite(t, "host-young", specAnnotation, replaced(`"plan":`, `"hosts":["contested.example.com"],"plan":`)(stored(t, "host-young", specAnnotation)))

	untilCondition(t, "host-young", v1alpha1.ConditionRouteReady, metav1.ConditionFalse, "HostConflict")
	untilReady(t, "host-old")
	kubectl(t, "delete", "store", "host-old", "--timeout="+patience.String())
	untilReady(t, "host-young")
	if _, err := stores.Get(t.Context(), "host-old", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after kubectl delete: %v", err)
	}
}
