package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"helm.sh/helm/v4/pkg/chart/common"
	helm "helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Render returns everything that a Store consists of under this revision. Its
// errors are of type *InvalidStoreError, *TemplateError and *ViolationError.
func (r *Revision) Render(in Input) (*Release, error) {
	if errs := r.validateStore(&in.Store.Spec); len(errs) > 0 {
		return nil, &InvalidStoreError{Errors: errs}
	}
	plan, _ := r.plan(in.Store.Spec.Plan)
	version, _ := r.version(in.Store.Spec.Version)
	values, err := r.newValues(in, plan, version)
	if err != nil {
		return nil, fmt.Errorf("gather values: %w", err)
	}
	foundation, err := r.foundation.render(newFoundationValues(values, plan, in.Platform))
	if err != nil {
		return nil, err
	}
	objects, err := r.chart.render(values)
	if err != nil {
		return nil, err
	}
	if err := checkKinds(objects, r.Definition.Kinds); err != nil {
		return nil, err
	}
	objects = append(foundation, objects...)
	if err := r.stamp(objects, values); err != nil {
		return nil, err
	}
	if err := check(objects, r.facts(values, in.Platform.Image.PullSecrets)); err != nil {
		return nil, err
	}
	sortForApply(objects)
	return &Release{
		Objects:     objects,
		Secrets:     r.secrets(values, in.Platform),
		URL:         values.URL,
		AdminURL:    values.URL + r.Definition.AdminPath,
		AdminSecret: r.Definition.AdminSecret,
	}, nil
}

// render renders a chart's templates and decodes what they rendered.
func (c *loadedChart) render(values any) ([]*unstructured.Unstructured, error) {
	merged, err := c.mergeValues(values)
	if err != nil {
		return nil, &TemplateError{Chart: c.Name(), Err: err}
	}
	renderer := helm.Engine{Strict: true, CustomTemplateFuncs: functions}
	rendered, err := renderer.RenderWithContext(context.Background(), c.Chart, common.Values{
		"Values":       merged,
		"Release":      map[string]any{"Service": v1alpha1.ManagedBy},
		"Capabilities": map[string]any{},
	})
	if err != nil {
		return nil, &TemplateError{Chart: c.Name(), Err: err}
	}
	var objects []*unstructured.Unstructured
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		decoded, err := decodeObjects(rendered[name])
		if err != nil {
			return nil, &TemplateError{Chart: c.Name(), Template: name, Err: err}
		}
		objects = append(objects, decoded...)
	}
	return objects, nil
}

// mergeValues lays the platform's values over the chart's own. Whole keys are
// replaced, so that a chart cannot add to what the platform says.
func (c *loadedChart) mergeValues(values any) (common.Values, error) {
	merged := map[string]any{}
	for _, layer := range []any{c.Values, values} {
		copied, err := copyJSON(layer)
		if err != nil {
			return nil, fmt.Errorf("copy values: %w", err)
		}
		if layer, isObject := copied.(map[string]any); isObject {
			maps.Copy(merged, layer)
		}
	}
	return merged, nil
}

// stamp gives every object the store's namespace and labels, and those that are
// named by their content their names.
func (r *Revision) stamp(objects []*unstructured.Unstructured, values chartValues) error {
	common := map[string]string{
		v1alpha1.LabelStore:     values.Store.Name,
		v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
		LabelName:               r.Engine,
	}
	for _, object := range objects {
		// An object that names another namespace is refused, not moved: its author
		// meant something else.
		if object.GetNamespace() == "" {
			object.SetNamespace(values.Store.Namespace)
		}
		labels := object.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		maps.Copy(labels, common)
		object.SetLabels(labels)
		if err := stampPods(object, common); err != nil {
			return &TemplateError{Chart: r.Engine, Err: fmt.Errorf("label the pods of %s: %w", describe(object), err)}
		}
	}
	if err := nameByContent(objects); err != nil {
		return &TemplateError{Chart: r.Engine, Err: err}
	}
	return nil
}
