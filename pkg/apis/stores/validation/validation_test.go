package validation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func newStore(change func(*stores.Store)) *stores.Store {
	store := &stores.Store{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", ResourceVersion: "1"},
		Spec: stores.StoreSpec{
			Engine: "woocommerce",
			Hosts:  []string{"shop.example.com"},
			Storage: []stores.VolumeStorage{
				{Name: "database", VolumeSize: ptr.To(resource.MustParse("10Gi")), StorageClassName: ptr.To("fast")},
			},
		},
	}
	if change != nil {
		change(store)
	}
	return store
}

// problems are the errors as "type field", which is what clients go by.
func problems(errs field.ErrorList) []string {
	var found []string
	for _, err := range errs {
		found = append(found, string(err.Type)+" "+err.Field)
	}
	return found
}

func TestValidateStore(t *testing.T) {
	cases := []struct {
		name   string
		reason string
		change func(*stores.Store)
		want   []string
	}{
		{"valid", "the base of all other cases", nil, nil},
		{"rotation", "a date is what people take", func(s *stores.Store) { s.Spec.AdminCredentialsRotation = "2026-11-28T12:00:00+01:00" }, nil},
		{"rotation that is expanded", "it is the value of an environment variable", func(s *stores.Store) { s.Spec.AdminCredentialsRotation = "$(PASSWORD)" },
			[]string{"FieldValueInvalid spec.adminCredentialsRotation"}},
		{"rotation of no text", "it could not be stored as it is", func(s *stores.Store) { s.Spec.AdminCredentialsRotation = "\xff" },
			[]string{"FieldValueInvalid spec.adminCredentialsRotation"}},
		{"name of 57 characters", "store-<name> is then a DNS label of exactly 63", func(s *stores.Store) { s.Name = strings.Repeat("a", 57) }, nil},
		{"name of 58 characters", "the namespace's name would be too long", func(s *stores.Store) { s.Name = strings.Repeat("a", 58) }, []string{"FieldValueInvalid metadata.name"}},
		{"name with a dot", "a namespace's name has none", func(s *stores.Store) { s.Name = "a.b" }, []string{"FieldValueInvalid metadata.name"}},
		{"display name in any script", "people name shops", func(s *stores.Store) { s.Spec.DisplayName = "Käse & “more” 店" }, nil},
		{"display name with a line break", "it is shown in one line", func(s *stores.Store) { s.Spec.DisplayName = "a\nb" }, []string{"FieldValueInvalid spec.displayName"}},
		{"display name with white space around", "two names that look alike", func(s *stores.Store) { s.Spec.DisplayName = " a" }, []string{"FieldValueInvalid spec.displayName"}},
		{"host with upper case", "routes and certificates are lower case", func(s *stores.Store) { s.Spec.Hosts = []string{"Shop.example.com"} }, []string{"FieldValueInvalid spec.hosts[0]"}},
		{"host is an address", "a certificate and a route need a name", func(s *stores.Store) { s.Spec.Hosts = []string{"10.0.0.1"} }, []string{"FieldValueInvalid spec.hosts[0]"}},
		{"host of one label", "it resolves to nothing on the internet", func(s *stores.Store) { s.Spec.Hosts = []string{"shop"} }, []string{"FieldValueInvalid spec.hosts[0]"}},
		{"wildcard host", "it would take other stores' names", func(s *stores.Store) { s.Spec.Hosts = []string{"*.example.com"} }, []string{"FieldValueInvalid spec.hosts[0]"}},
		{"host with a long label", "DNS labels have 63 characters", func(s *stores.Store) { s.Spec.Hosts = []string{strings.Repeat("a", 64) + ".com"} }, []string{"FieldValueInvalid spec.hosts[0]"}},
		{"size of zero", "a claim must ask for something", func(s *stores.Store) { s.Spec.Storage[0].VolumeSize = ptr.To(resource.MustParse("0")) }, []string{"FieldValueInvalid spec.storage[0].size"}},
		{"size below zero", "a claim must ask for something", func(s *stores.Store) { s.Spec.Storage[0].VolumeSize = ptr.To(resource.MustParse("-1Gi")) }, []string{"FieldValueInvalid spec.storage[0].size"}},
		{"class that is no name", "kube-apiserver would refuse the claim later", func(s *stores.Store) { s.Spec.Storage[0].StorageClassName = ptr.To("Not A Class") }, []string{"FieldValueInvalid spec.storage[0].storageClassName"}},
		{"parameters with a number out of range", "no dynamic client could read a list with this store", func(s *stores.Store) { s.Spec.Parameters = &stores.JSONObject{Raw: []byte(`{"a":1e999}`)} }, []string{"FieldValueInvalid spec.parameters"}},
		{"text that is not UTF-8", "protobuf carries it, and it would be stored as another", func(s *stores.Store) {
			s.Annotations = map[string]string{"a": "\xff", "b": "ü"}
			s.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "\xff", UID: "u"}}
			s.Spec.DisplayName, s.Spec.Storage[0].Name = "\xff", "\xff"
		}, []string{
			"FieldValueInvalid metadata.annotations[a]", "FieldValueInvalid metadata.ownerReferences[0].name",
			"FieldValueInvalid spec.displayName", "FieldValueInvalid spec.storage[0].name",
		}},
		{"parameters are a list", "an engine's schema describes an object", func(s *stores.Store) { s.Spec.Parameters = &stores.JSONObject{Raw: []byte(`[1]`)} }, []string{"FieldValueInvalid spec.parameters"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problems(ValidateStore(newStore(c.change)))); diff != "" {
				t.Errorf("because %s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// couldNotGrow has the provisioner say that a volume is not as large as ordered.
func couldNotGrow(s *stores.Store) {
	s.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionResourcesApplied, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonStorageCannotGrow,
	}}
}

func TestValidateStoreUpdate(t *testing.T) {
	cases := []struct {
		name   string
		reason string
		stored func(*stores.Store)
		change func(*stores.Store)
		want   []string
	}{
		{"nothing", "an update may change nothing", nil, nil, nil},
		{"volume grows", "that is what can be done", nil, func(s *stores.Store) { s.Spec.Storage[0].VolumeSize = ptr.To(resource.MustParse("20Gi")) }, nil},
		{"volume shrinks", "no storage shrinks", nil, func(s *stores.Store) { s.Spec.Storage[0].VolumeSize = ptr.To(resource.MustParse("5Gi")) }, []string{"FieldValueForbidden spec.storage[0].size"}},
		{"volume shrinks that could not grow", "an order that no storage can fill is taken back", couldNotGrow, func(s *stores.Store) {
			couldNotGrow(s)
			s.Spec.Storage[0].VolumeSize = ptr.To(resource.MustParse("5Gi"))
		}, nil},
		{"class changes of what could not grow", "a claim stays in its class", couldNotGrow, func(s *stores.Store) {
			couldNotGrow(s)
			s.Spec.Storage[0].StorageClassName = ptr.To("growing")
		}, []string{"FieldValueForbidden spec.storage[0].storageClassName"}},
		{"size is removed", "the plan's may be less", nil, func(s *stores.Store) { s.Spec.Storage[0].VolumeSize = nil }, []string{"FieldValueForbidden spec.storage[0].size"}},
		{"class changes", "a claim stays in its class", nil, func(s *stores.Store) { s.Spec.Storage[0].StorageClassName = ptr.To("slow") }, []string{"FieldValueForbidden spec.storage[0].storageClassName"}},
		{"volume is removed", "its size and class would be lost", nil, func(s *stores.Store) { s.Spec.Storage = nil }, []string{"FieldValueForbidden spec.storage[database]"}},
		{
			"stored text is invalid by today's rules", "a value that was valid stays writable",
			func(s *stores.Store) { s.Annotations = map[string]string{"a": "\xff"} },
			func(s *stores.Store) { s.Annotations, s.Spec.DisplayName = map[string]string{"a": "\xff"}, "Acme" }, nil,
		},
		{
			"stored host is invalid by today's rules", "a value that was valid stays writable",
			func(s *stores.Store) { s.Spec.Hosts = []string{"intranet"} },
			func(s *stores.Store) { s.Spec.Hosts, s.Spec.DisplayName = []string{"intranet"}, "Acme" }, nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problems(ValidateStoreUpdate(newStore(c.change), newStore(c.stored)))); diff != "" {
				t.Errorf("because %s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestValidateStoreStatusUpdate(t *testing.T) {
	cases := []struct {
		name   string
		reason string
		change func(*stores.Store)
		want   []string
	}{
		{"known phase", "the provisioner writes it", func(s *stores.Store) { s.Status.Phase = stores.StoreReady }, nil},
		{"unknown phase", "it is a label and a field selector's value", func(s *stores.Store) { s.Status.Phase = "Bogus" }, []string{"FieldValueNotSupported status.phase"}},
		{"derived phase", "only a read derives Terminating", func(s *stores.Store) { s.Status.Phase = stores.StoreTerminating }, []string{"FieldValueNotSupported status.phase"}},
		{"condition without a time", "metav1.Condition requires it", func(s *stores.Store) {
			s.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Ready"}}
		}, []string{"FieldValueRequired status.conditions[0].lastTransitionTime"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problems(ValidateStoreStatusUpdate(newStore(c.change), newStore(nil)))); diff != "" {
				t.Errorf("because %s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
