package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
)

// refusal is what a client can decide by.
type refusal struct {
	code   int32
	reason metav1.StatusReason
	causes []string
}

func invalid(causes ...string) refusal {
	return refusal{http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, causes}
}

// expect compares a refusal by what it is, and demands that it speaks of the
// Store, because the client knows of no namespace.
func expect(t testing.TB, err error, want refusal) {
	t.Helper()
	status := statusOf(t, err)
	got := refusal{status.Code, status.Reason, causes(status)}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(refusal{})); diff != "" {
		t.Errorf("refusal (-want +got):\n%s%s", diff, status.Message)
	}
	if strings.Contains(status.Message, "namespaces \"") || strings.Contains(status.Message, `"store-`) {
		t.Errorf("the message speaks of namespaces: %s", status.Message)
	}
	if details := status.Details; details != nil && details.Kind == "namespaces" {
		t.Errorf("the details speak of namespaces: %+v", details)
	}
}

func rawClient(t testing.TB) rest.Interface {
	t.Helper()
	return versioned.NewForConfigOrDie(cluster.RESTConfig()).PlatformV1alpha1().RESTClient()
}

func asJSON(t testing.TB, text string) []byte {
	t.Helper()
	data, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRefusedCreate(t *testing.T) {
	t.Parallel()
	order(t, "bad-neighbour", suspended, func(s *v1alpha1.Store) { s.Spec.Hosts = []string{"taken.example.com"} })
	client := rawClient(t)
	long := strings.Repeat("x", 58)
	for _, c := range []struct {
		name, store, spec, reason string
		want                      refusal
	}{
		{name: "no engine", store: "bad-a", spec: "{}", want: invalid("FieldValueRequired spec.engine"), reason: "a store is a store of something"},
		{name: "unknown engine", store: "bad-b", spec: "{engine: magento}", want: invalid("FieldValueNotSupported spec.engine"), reason: "it is not installed"},
		{name: "unknown version", store: "bad-c", spec: "{engine: medusa, version: 1.0.0}", want: invalid("FieldValueNotSupported spec.version"), reason: "the engine does not have it"},
		{name: "unknown plan", store: "bad-d", spec: "{engine: medusa, plan: free}", want: invalid("FieldValueNotSupported spec.plan"), reason: "the engine does not have it"},
		{name: "reserved name", store: "www", spec: "{engine: medusa}", want: invalid("FieldValueInvalid metadata.name"), reason: "the platform's own host"},
		{name: "long name", store: long, spec: "{engine: medusa}", want: invalid("FieldValueInvalid metadata.name"), reason: "store-<name> would be no DNS label"},
		{name: "name in upper case", store: "Bad", spec: "{engine: medusa}", want: invalid("FieldValueInvalid metadata.name"), reason: "no DNS label"},
		{name: "name with a dot", store: "bad.name", spec: "{engine: medusa}", want: invalid("FieldValueInvalid metadata.name"), reason: "no DNS label"},
		{name: "no name", store: `""`, spec: "{engine: medusa}", want: invalid("FieldValueRequired metadata.name"), reason: "nor a prefix for one"},
		{name: "host no DNS name", store: "bad-e", spec: "{engine: medusa, hosts: [shop.example.com, 'not a host']}", want: invalid("FieldValueInvalid spec.hosts[1]"), reason: "nobody could ask for it"},
		{name: "host an address", store: "bad-f", spec: "{engine: medusa, hosts: [192.0.2.1]}", want: invalid("FieldValueInvalid spec.hosts[0]"), reason: "an address is no name"},
		{name: "host under the base domain", store: "bad-g", spec: "{engine: medusa, hosts: [else.localtest.me]}", want: invalid("FieldValueInvalid spec.hosts[0]"), reason: "those belong to stores by their names"},
		{name: "host the base domain", store: "bad-h", spec: "{engine: medusa, hosts: [localtest.me]}", want: invalid("FieldValueInvalid spec.hosts[0]"), reason: "the platform's"},
		{name: "host of another store", store: "bad-i", spec: "{engine: medusa, hosts: [taken.example.com]}", want: invalid("FieldValueInvalid spec.hosts[0]"), reason: "one host leads to one shop"},
		{name: "host twice", store: "bad-j", spec: "{engine: medusa, hosts: [a.example.com, a.example.com]}", want: invalid("FieldValueDuplicate spec.hosts[1]"), reason: "a set"},
		{name: "no storage", store: "bad-k", spec: "{engine: medusa, storage: [{name: database, size: '0'}]}", want: invalid("FieldValueInvalid spec.storage[0].size"), reason: "nothing fits"},
		{name: "negative storage", store: "bad-l", spec: "{engine: medusa, storage: [{name: database, size: -1Gi}]}", want: invalid("FieldValueInvalid spec.storage[0].size"), reason: "less than nothing fits"},
		{name: "unknown volume", store: "bad-m", spec: "{engine: medusa, storage: [{name: cellar, size: 1Gi}]}", want: invalid("FieldValueNotSupported spec.storage[0].name"), reason: "the engine declares no such volume"},
		{name: "volume twice", store: "bad-n", spec: "{engine: medusa, storage: [{name: database, size: 1Gi}, {name: database, size: 2Gi}]}", want: invalid("FieldValueDuplicate spec.storage[1]"), reason: "a map"},
		{name: "parameter of the wrong type", store: "bad-o", spec: "{engine: medusa, parameters: {currency: 1}}", want: invalid("FieldValueTypeInvalid spec.parameters.currency"), reason: "the engine's schema"},
		{name: "unknown parameter", store: "bad-p", spec: "{engine: medusa, parameters: {colour: red}}", want: invalid("FieldValueForbidden spec.parameters.colour"), reason: "the engine's schema"},
		{name: "long display name", store: "bad-q", spec: "{engine: medusa, displayName: " + strings.Repeat("d", 101) + "}", want: invalid("FieldValueTooLong spec.displayName"), reason: "100 characters"},
		{name: "several mistakes", store: "bad-r", spec: "{engine: medusa, plan: free, version: '0'}", want: invalid("FieldValueNotSupported spec.plan", "FieldValueNotSupported spec.version"), reason: "all are told at once"},
		{name: "unknown field", store: "bad-s", spec: "{engine: medusa, colour: red}", want: refusal{http.StatusBadRequest, metav1.StatusReasonBadRequest, nil}, reason: "strict validation, as kubectl asks for"},
		{name: "field of the wrong type", store: "bad-t", spec: "{engine: [medusa]}", want: refusal{http.StatusBadRequest, metav1.StatusReasonBadRequest, nil}, reason: "it cannot be read"},
		{name: "too large", store: "bad-u", spec: "{engine: medusa, parameters: {storefrontOrigins: ['http://" + strings.Repeat("o", 300<<10) + "']}}", want: invalid("FieldValueTooLong spec"), reason: "a namespace has 256 KiB of annotations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := asJSON(t, "apiVersion: platform.example.io/v1alpha1\nkind: Store\nmetadata: {name: "+c.store+"}\nspec: "+c.spec)
			for _, dryRun := range [][]string{{metav1.DryRunAll}, nil} {
				request := client.Post().Resource("stores").Param("fieldValidation", "Strict").SetHeader("Content-Type", "application/json").Body(body)
				for _, value := range dryRun {
					request.Param("dryRun", value)
				}
				if c.name == "too large" && dryRun != nil {
					continue // a dry run stores nothing, so that nothing is too large
				}
				expect(t, request.Do(t.Context()).Error(), c.want)
			}
			name := v1alpha1.NamespacePrefix + strings.Trim(c.store, `"`)
			if _, err := kube.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				t.Errorf("namespace %s was made, or got %v; %s", name, err, c.reason)
			}
		})
	}
}

// TestForeignNamespace adopts nothing, however it is asked for, and leaves
// alone what it may not have.
func TestForeignNamespace(t *testing.T) {
	t.Parallel()
	newStore(t, "foreign") // cleans up
	foreign, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-foreign"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "foreign"}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}
	taken := refusal{http.StatusConflict, metav1.StatusReasonAlreadyExists, nil}
	for _, dryRun := range [][]string{nil, {metav1.DryRunAll}} {
		_, err := stores.Create(t.Context(), store, metav1.CreateOptions{DryRun: dryRun})
		expect(t, err, taken)
		_, err = stores.Patch(t.Context(), "foreign", types.ApplyPatchType, []byte(manifest("foreign")), metav1.PatchOptions{FieldManager: "e2e", DryRun: dryRun})
		expect(t, err, taken)
		missing := refusal{http.StatusNotFound, metav1.StatusReasonNotFound, nil}
		_, err = stores.Patch(t.Context(), "foreign", types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), metav1.PatchOptions{DryRun: dryRun})
		expect(t, err, missing)
		expect(t, stores.Delete(t.Context(), "foreign", metav1.DeleteOptions{DryRun: dryRun}), missing)
	}
	after, err := kube.CoreV1().Namespaces().Get(t.Context(), "store-foreign", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ignoreStatus := func(n *corev1.Namespace) *corev1.Namespace {
		n.ResourceVersion, n.ManagedFields, n.Status = "", nil, corev1.NamespaceStatus{}
		return n
	}
	if diff := cmp.Diff(ignoreStatus(foreign), ignoreStatus(after)); diff != "" {
		t.Errorf("the foreign namespace was changed (-before +after):\n%s", diff)
	}
}
