package clients

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// identity is what an informer must not be wrong about.
type identity struct {
	Name    string `json:"name"`
	UID     string `json:"uid"`
	Version string `json:"version"`
}

func identify(object metav1.Object) identity {
	return identity{object.GetName(), string(object.GetUID()), object.GetResourceVersion()}
}

// holding is what a client that watches says of itself. The client of Node says
// the same (node/informer.mjs).
type holding struct {
	// Cache is what it holds.
	Cache []identity `json:"cache"`
	// Handled is what somebody holds who heard of every event and nothing else.
	Handled []identity `json:"handled"`
	// Added, Updated and Deleted count the events.
	Added   int `json:"added"`
	Updated int `json:"updated"`
	Deleted int `json:"deleted"`
	// Faults are events that contradict those before them.
	Faults []string `json:"faults"`
}

func sorted(found []identity) []identity {
	slices.SortFunc(found, func(a, b identity) int { return strings.Compare(a.Name, b.Name) })
	return found
}
