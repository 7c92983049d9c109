package web

import (
	"net/url"
	"testing"
)

func TestAllowed(t *testing.T) {
	const kind = "?fieldSelector=involvedObject.kind%3DStore"
	tests := []struct {
		name, method, target string
		want                 bool
		reason               string
	}{
		{"list of stores", "GET", "/apis/platform.example.io/v1alpha1/stores?watch=1", true, "the page's first request"},
		{"order", "POST", "/apis/platform.example.io/v1alpha1/stores?dryRun=All", true, "the page creates"},
		{"removal", "DELETE", "/apis/platform.example.io/v1alpha1/stores/acme", true, "the page deletes"},
		{"another method", "CONNECT", "/apis/platform.example.io/v1alpha1/stores", false, "no API has it"},
		{"a group of a like name", "GET", "/apis/platform.example.io.evil/v1/stores", false, "steps are whole"},
		{"access review", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", true, "what may I do"},
		{"who am I", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", true, "who am I"},
		{"review of another", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false, "what may others do is not the page's business"},
		{"token review", "POST", "/apis/authentication.k8s.io/v1/tokenreviews", false, "a page asks of itself only"},
		{"review by GET", "GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", false, "it is created"},
		{"openapi", "GET", "/openapi/v3", true, "the page's types"},
		{"openapi of the group", "GET", "/openapi/v3/apis/platform.example.io/v1alpha1?hash=1", true, "the page's types"},
		{"openapi of another group", "GET", "/openapi/v3/apis/apps/v1", false, "not the page's"},
		{"events of a shop", "GET", "/api/v1/namespaces/store-acme/events?watch=1", true, "the store page shows them"},
		{"pods of a shop", "GET", "/api/v1/namespaces/store-acme/pods", true, "the store page shows them"},
		{"log of a pod", "GET", "/api/v1/namespaces/store-acme/pods/web-0/log?follow=true", true, "the store page shows it"},
		{"objects of a shop", "GET", "/apis/apps/v1/namespaces/store-acme/deployments", true, "the store page shows them"},
		{"one object of a shop", "GET", "/apis/apps/v1/namespaces/store-acme/deployments/web", false, "the page lists"},
		{"core resource in another group", "GET", "/apis/apps/v1/namespaces/store-acme/pods", false, "each group has its own"},
		{"empty group", "GET", "/apis//v1/namespaces/store-acme/pods", false, "it would be the core group's list"},
		{"secrets of a shop", "GET", "/api/v1/namespaces/store-acme/secrets", false, "no secret passes"},
		{"one secret of a shop", "GET", "/api/v1/namespaces/store-acme/secrets/admin", false, "no secret passes"},
		{"shell in a pod", "GET", "/api/v1/namespaces/store-acme/pods/web-0/exec", false, "the page looks"},
		{"proxy to a pod", "GET", "/api/v1/namespaces/store-acme/pods/web-0/proxy", false, "the page looks"},
		{"deletion of a pod", "DELETE", "/api/v1/namespaces/store-acme/pods/web-0", false, "the page looks"},
		{"change of an object", "PATCH", "/apis/apps/v1/namespaces/store-acme/deployments/web", false, "the page looks"},
		{"log in another namespace", "GET", "/api/v1/namespaces/kube-system/pods/etcd/log", false, "stores only"},
		{"log of the platform", "GET", "/api/v1/namespaces/store-platform/pods/apiserver-0/log", false, "it is no store"},
		{"events about stores", "GET", "/api/v1/namespaces/default/events" + kind + ",involvedObject.name%3Dacme", true, "they live there"},
		{"all events of default", "GET", "/api/v1/namespaces/default/events", false, "others' events live there, too"},
		{"another kind's events", "GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.kind%3DStoreRoom", false, "steps of the selector are whole"},
		{"any kind but stores", "GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.kind!%3DStore", false, "the opposite of it"},
		{"two selectors", "GET", "/api/v1/namespaces/default/events" + kind + "&fieldSelector=", false, "which of them counts is the server's to say"},
		{"deletion of events", "DELETE", "/api/v1/namespaces/default/events" + kind, false, "the page looks"},
		{"pods of default", "GET", "/api/v1/namespaces/default/pods" + kind, false, "stores only"},
		{"namespaces", "GET", "/api/v1/namespaces", false, "a Store says all of its namespace"},
		{"dots", "GET", "/apis/platform.example.io/../../api/v1/secrets", false, "a server that cleans paths would read it otherwise"},
		{"dots in escapes", "GET", "/apis/platform.example.io/%2e%2e/%2e%2e/api/v1/secrets", false, "the same"},
		{"an encoded slash", "GET", "/apis/platform.example.io/v1alpha1/stores%2F..%2F..%2Fsecrets", false, "the same"},
		{"an empty step", "GET", "/apis/platform.example.io//v1alpha1/stores", false, "the same"},
		{"a slash at the end", "GET", "/api/v1/namespaces/store-acme/pods/", false, "the same"},
		{"a namespace that hides a step", "GET", "/api/v1/namespaces/store-acme%2Fsecrets/events", false, "the same"},
		{"metrics", "GET", "/metrics", false, "not the page's"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			target, err := url.ParseRequestURI(test.target)
			if err != nil {
				t.Fatal(err)
			}
			if got := allowed(test.method, target); got != test.want {
				t.Errorf("allowed(%s %s) = %v: %s", test.method, test.target, got, test.reason)
			}
		})
	}
}
