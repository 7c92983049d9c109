package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// nameByContent gives ConfigMaps and Jobs names of what is in them, and has pods
// refer to the ConfigMaps by those names.
//
// So a release and its successor each have their own settings: while a shop is
// being upgraded, or where its upgrade has failed, a pod of the old release that
// is restarted finds what it was made for. And a Job, which cannot be changed, is
// another Job where it would do something else, and the one that is done where
// it would do the same.
func nameByContent(objects []*unstructured.Unstructured) error {
	names := map[string]string{}
	for _, object := range objects {
		if object.GetKind() != "ConfigMap" {
			continue
		}
		sum, err := contentHash(map[string]any{"data": object.Object["data"], "binaryData": object.Object["binaryData"]})
		if err != nil {
			return fmt.Errorf("name %s: %w", describe(object), err)
		}
		plain := object.GetName()
		names[plain] = plain + "-" + sum
		object.SetName(names[plain])
	}
	for _, object := range objects {
		path := podTemplatePath(object.GetKind())
		if path == nil {
			continue
		}
		template, _, err := unstructured.NestedFieldNoCopy(object.Object, path...)
		if err != nil {
			return fmt.Errorf("read the pods of %s: %w", describe(object), err)
		}
		referTo(names, member(template, "spec"))
		if object.GetKind() != "Job" {
			continue
		}
		sum, err := contentHash(template)
		if err != nil {
			return fmt.Errorf("name %s: %w", describe(object), err)
		}
		object.SetName(object.GetName() + "-" + sum)
	}
	return nil
}

// contentHash is short: it tells the few versions of one object of one shop apart.
func contentHash(content any) (string, error) {
	text, err := json.Marshal(content) // sorts the keys
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4]), nil
}

// referTo replaces the names of ConfigMaps wherever a pod can refer to one.
func referTo(names map[string]string, pod any) {
	rename := func(reference any) {
		if reference, ok := reference.(map[string]any); ok {
			if plain, ok := reference["name"].(string); ok && names[plain] != "" {
				reference["name"] = names[plain]
			}
		}
	}
	for _, volume := range items(pod, "volumes") {
		rename(member(volume, "configMap"))
		for _, source := range items(member(volume, "projected"), "sources") {
			rename(member(source, "configMap"))
		}
	}
	for _, kind := range []string{"initContainers", "containers"} {
		for _, container := range items(pod, kind) {
			for _, source := range items(container, "envFrom") {
				rename(member(source, "configMapRef"))
			}
			for _, variable := range items(container, "env") {
				rename(member(member(variable, "valueFrom"), "configMapKeyRef"))
			}
		}
	}
}

// member returns a field of an object, nil where there is none: what is no pod is
// refused elsewhere.
func member(object any, field string) any {
	if object, ok := object.(map[string]any); ok {
		return object[field]
	}
	return nil
}

func items(object any, field string) []any {
	list, _ := member(object, field).([]any)
	return list
}
