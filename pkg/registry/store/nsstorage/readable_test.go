package nsstorage

import (
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores"
)

// TestNothingUnreadableIsWritten sends times that protobuf carries and that JSON
// writes in a form which nobody reads.
func TestNothingUnreadableIsWritten(t *testing.T) {
	late := metav1.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name, reason, field string
		change              func(*stores.Store)
	}{
		{
			name: "managed fields", reason: "a client may send its own", field: "metadata",
			change: func(s *stores.Store) {
				s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "x", Operation: metav1.ManagedFieldsOperationUpdate, Time: &late}}
			},
		},
		{
			name: "condition", reason: "whoever may write a status", field: "status",
			change: func(s *stores.Store) {
				s.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, LastTransitionTime: late}}
			},
		},
	}
	codec := newTestCodec(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := newTestStore()
			stored := decodeStore(codec, namespaceOf(t, codec, store))
			updated := stored.DeepCopy()
			tt.change(store)
			tt.change(updated)
			_, createErr := codec.Encode(testPrefix+"/acme", store)
			_, _, updateErr := codec.Diff(stored, updated)
			for verb, err := range map[string]error{"create": createErr, "update": updateErr} {
				status, ok := err.(apierrors.APIStatus)
				if !ok || !apierrors.IsInvalid(err) || len(status.Status().Details.Causes) != 1 || status.Status().Details.Causes[0].Field != tt.field {
					t.Errorf("%s gives %v, want Invalid with field %s: %s", verb, err, tt.field, tt.reason)
				}
			}
		})
	}
}
