package e2e

import (
	"bytes"
	"net/http"
	"testing"
)

// form asks for other forms than the object's own.
func (o *oracle) form(t *testing.T) {
	for name, accept := range map[string]string{
		"table":                         "application/json;as=Table;g=meta.k8s.io;v=v1",
		"table v1beta1":                 "application/json;as=Table;g=meta.k8s.io;v=v1beta1",
		"table v2":                      "application/json;as=Table;g=meta.k8s.io;v=v2",
		"table or else":                 "application/json;as=Table;g=meta.k8s.io;v=v2,application/json",
		"as kubectl asks":               "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
		"metadata":                      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
		"metadata v1beta1":              "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1",
		"metadata list":                 "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
		"metadata list v1beta1":         "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1",
		"unknown form":                  "application/json;as=Picture;g=meta.k8s.io;v=v1",
		"form without a group":          "application/json;as=Table;v=v1",
		"yaml":                          "application/yaml",
		"table in yaml":                 "application/yaml;as=Table;g=meta.k8s.io;v=v1",
		"anything":                      "*/*",
		"xml":                           "application/xml",
		"xml or else":                   "application/xml,application/json;q=0.5",
		"no media type":                 "picture",
		"json with an unknown property": "application/json;colour=red",
	} {
		for _, path := range []string{"", "/oracle-a", "/missing", "?limit=2", "?includeObject=None", "?includeObject=Object", "?includeObject=Metadata", "?includeObject=All", "/oracle-a?includeObject=None"} {
			t.Run(name+" of "+path, func(t *testing.T) { o.both(t, request{path: path, accept: accept}) })
		}
	}
	o.each(t, request{accept: "application/yaml"}, []request{
		{name: "watch in yaml", path: "?watch=true&timeoutSeconds=1&labelSelector=none"},
	})
	t.Run("pretty", func(t *testing.T) {
		for _, path := range []string{"?pretty=true", "?pretty=false", "", "/oracle-a?pretty=1", "/oracle-a"} {
			lines := func(s *subject) int { return bytes.Count(s.ask(t, request{path: path}).body, []byte("\n  ")) }
			if ours, theirs := lines(o.stores) > 0, lines(o.builtIn) > 0; ours != theirs {
				t.Errorf("%q is indented: %v, and by a built-in: %v", path, ours, theirs)
			}
		}
	})
}

// method uses every method on everything.
func (o *oracle) method(t *testing.T) {
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPost, http.MethodPut, http.MethodPatch, "LINK"} {
		for _, path := range []string{"", "/oracle-a", "/missing", "?watch=true&timeoutSeconds=1"} {
			if method == http.MethodPost && path != "/oracle-a" {
				continue // that is to create
			}
			t.Run(method+" "+path, func(t *testing.T) { o.both(t, request{method: method, path: path}) })
		}
	}
	o.each(t, request{}, []request{
		{name: "group", path: "//apis/platform.example.io", want: http.StatusOK},
		{name: "version", path: "//apis/platform.example.io/v1alpha1", want: http.StatusOK},
		{name: "no resource", path: "//apis/platform.example.io/v1alpha1/nothing", want: http.StatusNotFound},
	})
}
