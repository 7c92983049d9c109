// Package engine serves the catalogue of installed engines, read-only.
//
// It holds no state: what it serves is loaded with the process, so every list
// has the same resourceVersion for as long as the process runs.
package engine

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/engine"
)

// version is the resourceVersion of everything served. Engines change with the
// process only, and there is nothing to watch.
const version = "1"

// REST serves engines.
type REST struct {
	engines []stores.Engine // sorted by name
}

var (
	_ rest.Storage              = &REST{}
	_ rest.Scoper               = &REST{}
	_ rest.Getter               = &REST{}
	_ rest.Lister               = &REST{}
	_ rest.SingularNameProvider = &REST{}
	_ rest.CategoriesProvider   = &REST{}
)

// NewREST returns the storage of engines. The scheme converts the catalogue's
// published objects to internal ones.
func NewREST(catalogue *engine.Catalogue, scheme *runtime.Scheme) (*REST, error) {
	r := &REST{}
	for _, name := range catalogue.Names() {
		found, _ := catalogue.Lookup(name)
		internal := stores.Engine{}
		if err := scheme.Convert(found.API(), &internal, nil); err != nil {
			return nil, fmt.Errorf("convert engine %s: %w", name, err)
		}
		internal.ResourceVersion = version
		r.engines = append(r.engines, internal)
	}
	return r, nil
}

// New returns an empty Engine.
func (*REST) New() runtime.Object { return &stores.Engine{} }

// NewList returns an empty list.
func (*REST) NewList() runtime.Object { return &stores.EngineList{} }

// Destroy does nothing: there is nothing to release.
func (*REST) Destroy() {}

// NamespaceScoped is false.
func (*REST) NamespaceScoped() bool { return false }

// GetSingularName is what kubectl accepts for one engine.
func (*REST) GetSingularName() string { return "engine" }

// Categories are the groups of resources that `kubectl get` shows engines with.
func (*REST) Categories() []string { return []string{"platform"} }

// Get returns the engine of a name.
func (r *REST) Get(_ context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	for i := range r.engines {
		if r.engines[i].Name == name {
			return r.engines[i].DeepCopy(), nil
		}
	}
	return nil, apierrors.NewNotFound(stores.Resource("engines"), name)
}

// List returns the engines that the selectors select.
func (r *REST) List(_ context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	label, field := labels.Everything(), fields.Everything()
	if options != nil && options.LabelSelector != nil {
		label = options.LabelSelector
	}
	if options != nil && options.FieldSelector != nil {
		field = options.FieldSelector
	}
	list := &stores.EngineList{Items: []stores.Engine{}}
	list.ResourceVersion = version
	for i := range r.engines {
		attributes := fields.Set{metav1.ObjectNameField: r.engines[i].Name}
		if label.Matches(labels.Set(r.engines[i].Labels)) && field.Matches(attributes) {
			list.Items = append(list.Items, *r.engines[i].DeepCopy())
		}
	}
	return list, nil
}

var columns = []metav1.TableColumnDefinition{
	{Name: "Name", Type: "string", Format: "name", Description: "Name of the engine, for spec.engine of a Store."},
	{Name: "Default Version", Type: "string", Description: "Version of a Store that names none."},
	{Name: "Versions", Type: "string", Description: "Versions that can be ordered."},
	{Name: "Plans", Type: "string", Description: "Plans that can be ordered."},
	{Name: "Revision", Type: "string", Priority: 1, Description: "Revision of the engine's chart for new Stores."},
	{Name: "Description", Type: "string", Priority: 1, Description: "What the engine is."},
}

// ConvertToTable shows engines as `kubectl get` prints them.
func (r *REST) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{ListMeta: metav1.ListMeta{ResourceVersion: version}}
	switch object := object.(type) {
	case *stores.EngineList:
		for i := range object.Items {
			table.Rows = append(table.Rows, row(&object.Items[i]))
		}
	case *stores.Engine:
		table.Rows = append(table.Rows, row(object))
	default:
		return nil, fmt.Errorf("convert to table: unexpected type %T", object)
	}
	if options, ok := options.(*metav1.TableOptions); !ok || !options.NoHeaders {
		table.ColumnDefinitions = columns
	}
	return table, nil
}

func row(engine *stores.Engine) metav1.TableRow {
	versions := make([]string, 0, len(engine.Spec.Versions))
	for _, v := range engine.Spec.Versions {
		versions = append(versions, v.Name)
	}
	plans := make([]string, 0, len(engine.Spec.Plans))
	for _, p := range engine.Spec.Plans {
		plans = append(plans, p.Name)
	}
	return metav1.TableRow{
		Cells: []any{
			engine.Name,
			engine.Spec.DefaultVersion,
			strings.Join(versions, ","),
			strings.Join(plans, ","),
			engine.Spec.Revision,
			engine.Spec.Description,
		},
		Object: runtime.RawExtension{Object: engine},
	}
}
