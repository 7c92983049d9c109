package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// applyOrder is the order of kinds in which a shop's parts need each other.
var applyOrder = []string{
	"ServiceAccount", "LimitRange", "ResourceQuota", "NetworkPolicy",
	"ConfigMap", "PersistentVolumeClaim", "Service",
	"StatefulSet", "Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler",
	"Job", "CronJob", "Ingress", "HTTPRoute",
}

// sortForApply sorts objects by kind and then by name.
func sortForApply(objects []*unstructured.Unstructured) {
	slices.SortFunc(objects, func(a, b *unstructured.Unstructured) int {
		byKind := slices.Index(applyOrder, a.GetKind()) - slices.Index(applyOrder, b.GetKind())
		if byKind != 0 {
			return byKind
		}
		return strings.Compare(a.GetName(), b.GetName())
	})
}

// decodeObjects decodes the documents of a YAML stream. A key that is given
// twice is an error: readers differ in which of the two they take.
func decodeObjects(text string) ([]*unstructured.Unstructured, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	var objects []*unstructured.Unstructured
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("split documents: %w", err)
		}
		decoded, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return nil, fmt.Errorf("decode object: %w", err)
		}
		if bytes.Equal(bytes.TrimSpace(decoded), []byte("null")) {
			continue
		}
		object := map[string]any{}
		if err := utiljson.Unmarshal(decoded, &object); err != nil {
			return nil, fmt.Errorf("decode object: %w", err)
		}
		objects = append(objects, &unstructured.Unstructured{Object: object})
	}
}

// podTemplatePath is where an object of a kind keeps its pod template.
func podTemplatePath(kind string) []string {
	switch kind {
	case "Deployment", "StatefulSet", "Job":
		return []string{"spec", "template"}
	case "CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}
	default:
		return nil
	}
}

// stampPods gives the pods of an object their labels.
func stampPods(object *unstructured.Unstructured, common map[string]string) error {
	path := podTemplatePath(object.GetKind())
	if path == nil {
		return nil
	}
	path = append(slices.Clone(path), "metadata", "labels")
	labels, _, err := unstructured.NestedStringMap(object.Object, path...)
	if err != nil {
		return err
	}
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, common)
	return unstructured.SetNestedStringMap(object.Object, labels, path...)
}

// describe names an object for messages.
func describe(object *unstructured.Unstructured) string {
	return object.GetKind() + " " + object.GetName()
}
