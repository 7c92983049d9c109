package store

import (
	"context"
	"fmt"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var columns = []metav1.TableColumnDefinition{
	{Name: "Name", Type: "string", Format: "name", Description: "Name of the store."},
	{Name: "Engine", Type: "string", Description: "Shop software of the store."},
	{Name: "Version", Type: "string", Description: "Version of the engine that is wanted."},
	{Name: "Phase", Type: "string", Description: "The conditions in one word."},
	{Name: "Ready", Type: "string", Description: "Whether the shop serves as its spec says."},
	{Name: "URL", Type: "string", Description: "Where customers reach the shop."},
	{Name: "Age", Type: "string", Description: "Time since the store was created."},
	{Name: "Plan", Type: "string", Priority: 1, Description: "Size of the store."},
	{Name: "Namespace", Type: "string", Priority: 1, Description: "Namespace the shop lives in."},
	{Name: "Reason", Type: "string", Priority: 1, Description: "Why the store is not ready."},
}

// tableConvertor shows Stores as `kubectl get` prints them.
type tableConvertor struct {
	clock clock.PassiveClock
}

var _ rest.TableConvertor = tableConvertor{}

// ConvertToTable converts a Store or a list of them.
func (t tableConvertor) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{}
	switch object := object.(type) {
	case *stores.StoreList:
		table.ResourceVersion = object.ResourceVersion
		table.Continue = object.Continue
		table.RemainingItemCount = object.RemainingItemCount
		table.Rows = make([]metav1.TableRow, 0, len(object.Items))
		for i := range object.Items {
			table.Rows = append(table.Rows, t.row(&object.Items[i]))
		}
	case *stores.Store:
		table.ResourceVersion = object.ResourceVersion
		table.Rows = []metav1.TableRow{t.row(object)}
	default:
		return nil, fmt.Errorf("convert to table: unexpected type %T", object)
	}
	if options, ok := options.(*metav1.TableOptions); !ok || !options.NoHeaders {
		table.ColumnDefinitions = columns
	}
	return table, nil
}

func (t tableConvertor) row(store *stores.Store) metav1.TableRow {
	ready, reason := "Unknown", ""
	if condition := apimeta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionReady); condition != nil {
		ready = string(condition.Status)
		if condition.Status != metav1.ConditionTrue {
			reason = condition.Reason
		}
	}
	return metav1.TableRow{
		Cells: []any{
			store.Name,
			store.Spec.Engine,
			store.Spec.Version,
			string(store.Status.Phase),
			ready,
			store.Status.URL,
			t.age(store.CreationTimestamp),
			store.Spec.Plan,
			store.Status.Namespace,
			reason,
		},
		Object: runtime.RawExtension{Object: store},
	}
}

func (t tableConvertor) age(created metav1.Time) string {
	if created.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(t.clock.Since(created.Time))
}
