package engine

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
)

// serviceAccount is the only account that the pods of a store run as. The
// foundation makes it, without any right and without a token.
const serviceAccount = "store"

// chartValues are the values that every chart is rendered with, on top of its
// own values.yaml. docs/engines.md documents them: they are a contract with
// charts that this repository does not hold.
type chartValues struct {
	Store           storeValues            `json:"store"`
	Engine          engineValues           `json:"engine"`
	URL             string                 `json:"url"`
	URLs            []string               `json:"urls"`
	HTTPS           bool                   `json:"https"`
	Host            string                 `json:"host"`
	Hosts           []string               `json:"hosts"`
	Port            int32                  `json:"port"`
	Images          map[string]string      `json:"images"`
	ImagePullPolicy corev1.PullPolicy      `json:"imagePullPolicy"`
	ServiceAccount  string                 `json:"serviceAccountName"`
	Plan            planValues             `json:"plan"`
	Volumes         map[string]volumeValue `json:"volumes"`
	Parameters      map[string]any         `json:"parameters"`
	// AdminCredentialsRotation is empty where none was asked for.
	AdminCredentialsRotation string `json:"adminCredentialsRotation"`
}

type storeValues struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Namespace   string `json:"namespace"`
	Suspended   bool   `json:"suspended"`
}

type engineValues struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Revision string `json:"revision"`
}

type planValues struct {
	Name       string                    `json:"name"`
	Components map[string]componentValue `json:"components"`
	Values     map[string]any            `json:"values"`
}

type componentValue struct {
	// Replicas is zero while the store is suspended.
	Replicas int32 `json:"replicas"`
	// PlannedReplicas is what the plan says, suspended or not.
	PlannedReplicas int32                       `json:"plannedReplicas"`
	Resources       corev1.ResourceRequirements `json:"resources"`
}

type volumeValue struct {
	Size             resource.Quantity `json:"size"`
	StorageClassName *string           `json:"storageClassName"`
	AccessMode       string            `json:"accessMode"`
	Component        string            `json:"component"`
	// Shared tells whether pods on several nodes can use it at once.
	Shared bool `json:"shared"`
}

// newValues gathers the values of a Store that fits its revision.
func (r *Revision) newValues(in Input, plan Plan, version Version) (chartValues, error) {
	spec, platform := &in.Store.Spec, in.Platform
	var raw []byte
	if spec.Parameters != nil {
		raw = spec.Parameters.Raw
	}
	parameters, err := r.parameters.withDefaults(raw)
	if err != nil {
		return chartValues{}, err
	}
	host := platform.DefaultHost(in.Store.Name)
	values := chartValues{
		Store: storeValues{
			Name: in.Store.Name, DisplayName: spec.DisplayName,
			Namespace: v1alpha1.NamespacePrefix + in.Store.Name, Suspended: spec.Suspend,
		},
		Engine: engineValues{Name: r.Engine, Version: version.Name, Revision: r.Name},
		URL:    platform.URL(host), HTTPS: platform.Scheme == config.HTTPS,
		Host: host, Hosts: hosts(host, spec.Hosts), Port: r.Definition.Port,
		Images: map[string]string{}, ImagePullPolicy: platform.Image.PullPolicy,
		ServiceAccount: serviceAccount,
		Plan:           planValues{Name: plan.Name, Components: map[string]componentValue{}, Values: plan.Values},
		Volumes:        map[string]volumeValue{},
		Parameters:     parameters,

		AdminCredentialsRotation: spec.AdminCredentialsRotation,
	}
	for _, host := range values.Hosts {
		values.URLs = append(values.URLs, platform.URL(host))
	}
	if values.Store.DisplayName == "" {
		values.Store.DisplayName = in.Store.Name
	}
	for name, image := range version.Images {
		values.Images[name] = image.reference(&platform.Image)
	}
	for name, component := range plan.Components {
		values.Plan.Components[name] = component.value(spec.Suspend)
	}
	for _, volume := range r.Definition.Volumes {
		values.Volumes[volume.Name] = r.volumeValue(spec, volume, platform.Storage)
	}
	return values, nil
}

// hosts are the default host and the custom ones, sorted: they are a set, and a
// set in another order is no change.
func hosts(first string, custom []string) []string {
	return append([]string{first}, slices.Compact(slices.Sorted(slices.Values(custom)))...)
}

func (c Component) value(suspended bool) componentValue {
	planned := int32(1)
	if c.Replicas != nil {
		planned = *c.Replicas
	}
	value := componentValue{Replicas: planned, PlannedReplicas: planned, Resources: c.Resources}
	if suspended {
		value.Replicas = 0
	}
	return value
}

func (r *Revision) volumeValue(spec *v1alpha1.StoreSpec, volume Volume, storage config.Storage) volumeValue {
	size, _ := r.VolumeSize(spec, volume.Name)
	value := volumeValue{Size: size, Component: volume.Component, AccessMode: string(corev1.ReadWriteOnce)}
	class := storage.ClassName
	if volume.Shared && storage.SharedClassName != "" {
		class, value.Shared, value.AccessMode = storage.SharedClassName, true, string(corev1.ReadWriteMany)
	}
	if class != "" {
		value.StorageClassName = &class
	}
	for _, own := range spec.Storage {
		if own.Name == volume.Name && own.StorageClassName != nil {
			value.StorageClassName = own.StorageClassName
		}
	}
	return value
}
