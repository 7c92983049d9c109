package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// modelShop is the name of the shop that is rendered once; every other shop is
// that with its own name in place of this.
const modelShop = "bench-model-shop"

// benchLabel stands where Stores' objects have the label of a store, so that the
// provisioner does not watch what is none of its business.
const benchLabel = "bench.platform.example.io/shop"

// parcel is everything that a shop of one engine consists of, Secrets included, in
// the order to apply it.
type parcel struct {
	objects []*unstructured.Unstructured
}

// spec is what is ordered of ours.
func (p *provisioning) spec() (v1alpha1.StoreSpec, *engine.Revision, error) {
	catalogue, err := engine.Embedded()
	if err != nil {
		return v1alpha1.StoreSpec{}, nil, err
	}
	found, ok := catalogue.Lookup(p.flags.engine)
	if !ok {
		return v1alpha1.StoreSpec{}, nil, fmt.Errorf("find engine %s among %s", p.flags.engine, strings.Join(catalogue.Names(), ", "))
	}
	revision := found.Latest()
	return v1alpha1.StoreSpec{
		Engine: p.flags.engine, Version: revision.Definition.DefaultVersion, Plan: revision.Plans()[0],
	}, revision, nil
}

// renderShop renders what our provisioner would apply and the Secrets that it
// would make. Whoever else makes them gets their values for nothing.
func (p *provisioning) renderShop() (*parcel, error) {
	spec, revision, err := p.spec()
	if err != nil {
		return nil, err
	}
	platform, err := config.Load(p.flags.config)
	if err != nil {
		return nil, err
	}
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: modelShop}, Spec: spec}
	release, err := revision.Render(engine.Input{Store: store, Platform: platform})
	if err != nil {
		return nil, fmt.Errorf("render a shop: %w", err)
	}
	made := &parcel{}
	known := map[string]map[string]string{}
	for _, secret := range release.Secrets {
		object, err := secretObject(secret, known)
		if err != nil {
			return nil, err
		}
		made.objects = append(made.objects, object)
	}
	made.objects = append(made.objects, release.Objects...)
	return made, nil
}

func secretObject(secret engine.Secret, known map[string]map[string]string) (*unstructured.Unstructured, error) {
	data := map[string]any{}
	values := map[string]string{}
	known[secret.Name] = values
	for _, key := range secret.Data {
		value, err := key.Make(rand.Reader, func(other, name string) (string, bool) {
			from := values
			if other != "" {
				from = known[other]
			}
			value, found := from[name]
			return value, found
		})
		if err != nil {
			return nil, fmt.Errorf("make key %s of secret %s: %w", key.Key, secret.Name, err)
		}
		values[key.Key] = value
		data[key.Key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{
			"name": secret.Name, "namespace": v1alpha1.NamespacePrefix + modelShop,
			"labels": map[string]any{
				v1alpha1.LabelStore: modelShop, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, engine.LabelComponent: secret.Component,
			},
		},
		"data": data,
	}}, nil
}

// text is an object of the shop as JSON, with another namespace and name.
func text(object *unstructured.Unstructured, namespace, name string) (string, error) {
	body, err := encode(object.Object)
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(
		`"`+v1alpha1.LabelStore+`"`, `"`+benchLabel+`"`,
		v1alpha1.NamespacePrefix+modelShop, namespace,
		modelShop, name,
	).Replace(string(body)), nil
}
