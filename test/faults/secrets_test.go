package faults

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// sightings remembers every Secret of a shop as it was first seen.
type sightings struct {
	mu      sync.Mutex
	first   map[string]*corev1.Secret
	changed []string
}

// watchSecrets looks at the Secrets of all shops until the test ends.
func watchSecrets(t testing.TB, admin *rest.Config) *sightings {
	t.Helper()
	s := &sightings{first: map[string]*corev1.Secret{}}
	factory := informers.NewSharedInformerFactoryWithOptions(kubernetes.NewForConfigOrDie(admin), 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = v1alpha1.LabelStore }))
	informer := factory.Core().V1().Secrets().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { s.see(object.(*corev1.Secret)) },
		UpdateFunc: func(_, object any) { s.see(object.(*corev1.Secret)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	factory.Start(t.Context().Done())
	t.Cleanup(factory.Shutdown)
	return s
}

func (s *sightings) see(secret *corev1.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := secret.Namespace + "/" + secret.Name
	first, seen := s.first[key]
	if !seen {
		s.first[key] = secret
		return
	}
	if problem := regenerated(first, secret); problem != "" {
		s.changed = append(s.changed, key+": "+problem)
	}
}

// regenerated says how a Secret differs from its first sighting, without its values.
func regenerated(first, now *corev1.Secret) string {
	if first.UID != now.UID {
		return fmt.Sprintf("uid was %s and is %s", first.UID, now.UID)
	}
	for _, key := range slices.Sorted(maps.Keys(first.Data)) {
		if value, ok := now.Data[key]; !ok || string(value) != string(first.Data[key]) {
			return fmt.Sprintf("value %s has changed", key)
		}
	}
	if len(now.Data) != len(first.Data) {
		return fmt.Sprintf("has keys %v, had %v", slices.Sorted(maps.Keys(now.Data)), slices.Sorted(maps.Keys(first.Data)))
	}
	return ""
}

// check compares what is there with the first sightings; deleted says of which
// namespaces none is expected any more.
func (s *sightings) check(now []corev1.Secret, deleted map[string]bool) (problems []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	problems = slices.Clone(s.changed)
	found := map[string]bool{}
	for i := range now {
		key := now[i].Namespace + "/" + now[i].Name
		found[key] = true
		first, seen := s.first[key]
		if !seen {
			problems = append(problems, key+": was never seen before")
		} else if problem := regenerated(first, &now[i]); problem != "" {
			problems = append(problems, key+": "+problem)
		}
	}
	for key, secret := range s.first {
		if !found[key] && !deleted[secret.Namespace] {
			problems = append(problems, key+": is gone")
		}
	}
	return problems
}
