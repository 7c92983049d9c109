package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// storeNamespace is the namespace of a store. That of the platform has the same
// prefix and holds none: no store can be called platform on the default namespace.
var storeNamespace = regexp.MustCompile(`^store-[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

const platformNamespace = "store-platform"

func isStoreNamespace(name string) bool {
	return storeNamespace.MatchString(name) && name != platformNamespace
}

// readable are the resources in a store's namespace that the page shows, by group.
// No secret is among them: a login is read with kubectl.
var readable = map[string][]string{
	"":                  {"events", "pods", "services", "persistentvolumeclaims"},
	"apps":              {"deployments", "statefulsets"},
	"batch":             {"jobs", "cronjobs"},
	"networking.k8s.io": {"ingresses"},
}

// reviews are what a person may ask about themselves.
var reviews = []string{
	"/apis/authentication.k8s.io/v1/selfsubjectreviews",
	"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
	"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
}

var storeMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// isAPI tells whether a path is the API's rather than the page's.
func isAPI(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first == "api" || first == "apis" || first == "openapi"
}

// allowed tells whether the page has any business with a request. Whether its
// user may do it is kube-apiserver's to say.
func allowed(method string, target *url.URL) bool {
	if target.RawPath != "" {
		return false // an encoded slash: what is one step here would be two there
	}
	steps := strings.Split(strings.TrimPrefix(target.Path, "/"), "/")
	if slices.ContainsFunc(steps, func(step string) bool { return step == "" || step == "." || step == ".." }) {
		return false
	}
	switch {
	case hasPrefix(steps, "apis", "platform.example.io"):
		return slices.Contains(storeMethods, method)
	case slices.Contains(reviews, target.Path):
		return method == http.MethodPost
	case method != http.MethodGet:
		return false
	case target.Path == "/openapi/v3", hasPrefix(steps, "openapi", "v3", "apis", "platform.example.io"):
		return true
	case hasPrefix(steps, "api", "v1", "namespaces"):
		return readsCore(steps[3:], target.Query())
	case len(steps) == 6 && steps[0] == "apis" && steps[2] == "v1" && steps[3] == "namespaces":
		return steps[1] != "" && isStoreNamespace(steps[4]) && slices.Contains(readable[steps[1]], steps[5])
	}
	return false
}

func hasPrefix(steps []string, prefix ...string) bool {
	return len(steps) >= len(prefix) && slices.Equal(steps[:len(prefix)], prefix)
}

// readsCore judges what is below /api/v1/namespaces.
func readsCore(steps []string, query url.Values) bool {
	switch {
	case len(steps) == 2 && steps[0] == "default" && steps[1] == "events":
		return aboutStores(query)
	case len(steps) == 2:
		return isStoreNamespace(steps[0]) && slices.Contains(readable[""], steps[1])
	case len(steps) == 4:
		return isStoreNamespace(steps[0]) && steps[1] == "pods" && steps[3] == "log"
	}
	return false
}

// aboutStores tells whether a list of events is one of events about Stores.
func aboutStores(query url.Values) bool {
	selectors := query["fieldSelector"]
	return len(selectors) == 1 && slices.Contains(strings.Split(selectors[0], ","), "involvedObject.kind=Store")
}
