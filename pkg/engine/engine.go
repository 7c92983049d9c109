package engine

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Engine is a kind of shop software in all its installed revisions.
type Engine struct {
	// Name is the value of a Store's spec.engine.
	Name string

	revisions []*Revision // oldest first, never empty
}

// Latest returns the newest revision: the one for new Stores.
func (e *Engine) Latest() *Revision {
	return e.revisions[len(e.revisions)-1]
}

// Revision returns the revision of a name.
func (e *Engine) Revision(name string) (*Revision, bool) {
	at := slices.IndexFunc(e.revisions, func(r *Revision) bool { return r.Name == name })
	if at < 0 {
		return nil, false
	}
	return e.revisions[at], true
}

// Revisions are the names of the revisions, oldest first.
func (e *Engine) Revisions() []string {
	names := make([]string, 0, len(e.revisions))
	for _, revision := range e.revisions {
		names = append(names, revision.Name)
	}
	return names
}

// API returns the engine as the API serves it. The object is the caller's.
func (e *Engine) API() *v1alpha1.Engine {
	revision := e.Latest()
	definition := revision.Definition
	api := &v1alpha1.Engine{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Engine"},
		ObjectMeta: metav1.ObjectMeta{Name: e.Name},
		Spec: v1alpha1.EngineSpec{
			DisplayName:      definition.DisplayName,
			Description:      definition.Description,
			Revision:         revision.Name,
			DefaultVersion:   definition.DefaultVersion,
			DefaultPlan:      definition.DefaultPlan,
			ParametersSchema: &v1alpha1.JSONObject{Raw: slices.Clone(revision.parameters.raw)},
		},
	}
	for _, version := range definition.Versions {
		api.Spec.Versions = append(api.Spec.Versions, v1alpha1.EngineVersion{Name: version.Name})
	}
	for _, plan := range definition.Plans {
		api.Spec.Plans = append(api.Spec.Plans, v1alpha1.EnginePlan{Name: plan.Name, Description: plan.Description})
	}
	for _, volume := range definition.Volumes {
		sizes := map[string]resource.Quantity{}
		for _, plan := range definition.Plans {
			sizes[plan.Name] = plan.Volumes[volume.Name].DeepCopy()
		}
		api.Spec.Volumes = append(api.Spec.Volumes, v1alpha1.EngineVolume{
			Name: volume.Name, Description: volume.Description, DefaultSizes: sizes,
		})
	}
	return api
}
