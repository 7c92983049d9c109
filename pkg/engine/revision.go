package engine

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Revision is one revision of an engine's chart. It never changes once
// published: a Store records the revision it runs and is rendered by it until
// the platform moves it to a later one.
type Revision struct {
	// Name is the directory's name, such as `r1`.
	Name string
	// Engine is the name of the engine it is a revision of.
	Engine string
	// Definition is the engine.yaml.
	Definition Definition

	chart      *loadedChart
	foundation *loadedChart
	parameters *parameterSchema
}

// HasVersion tells whether a version can be ordered.
func (r *Revision) HasVersion(name string) bool {
	_, found := r.version(name)
	return found
}

// Versions are the names of the versions, newest first.
func (r *Revision) Versions() []string {
	names := make([]string, 0, len(r.Definition.Versions))
	for _, version := range r.Definition.Versions {
		names = append(names, version.Name)
	}
	return names
}

// HasPlan tells whether a plan can be ordered.
func (r *Revision) HasPlan(name string) bool {
	_, found := r.plan(name)
	return found
}

// Plans are the names of the plans, smallest first.
func (r *Revision) Plans() []string {
	names := make([]string, 0, len(r.Definition.Plans))
	for _, plan := range r.Definition.Plans {
		names = append(names, plan.Name)
	}
	return names
}

// Volume returns the declared volume of a name.
func (r *Revision) Volume(name string) (Volume, bool) {
	at := slices.IndexFunc(r.Definition.Volumes, func(v Volume) bool { return v.Name == name })
	if at < 0 {
		return Volume{}, false
	}
	return r.Definition.Volumes[at], true
}

// Volumes are the names of the declared volumes.
func (r *Revision) Volumes() []string {
	names := make([]string, 0, len(r.Definition.Volumes))
	for _, volume := range r.Definition.Volumes {
		names = append(names, volume.Name)
	}
	return names
}

// VolumeSize returns the size a Store wants a volume to have: its own, or its
// plan's. A claim may be larger already, and then stays so.
func (r *Revision) VolumeSize(spec *v1alpha1.StoreSpec, volume string) (resource.Quantity, bool) {
	for _, storage := range spec.Storage {
		if storage.Name == volume && storage.VolumeSize != nil {
			return *storage.VolumeSize, true
		}
	}
	plan, found := r.plan(spec.Plan)
	if !found {
		return resource.Quantity{}, false
	}
	size, found := plan.Volumes[volume]
	return size, found
}

func (r *Revision) version(name string) (Version, bool) {
	at := slices.IndexFunc(r.Definition.Versions, func(v Version) bool { return v.Name == name })
	if at < 0 {
		return Version{}, false
	}
	return r.Definition.Versions[at], true
}

func (r *Revision) plan(name string) (Plan, bool) {
	at := slices.IndexFunc(r.Definition.Plans, func(p Plan) bool { return p.Name == name })
	if at < 0 {
		return Plan{}, false
	}
	return r.Definition.Plans[at], true
}
