package nsstorage

import (
	"fmt"
	"net/http"

	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// NewNamespaces returns the client of namespaces that storage works with.
//
// It speaks protobuf. It has no rate limit of its own: client-go's default of
// five requests a second would throttle the whole server, and flow control
// belongs to kube-apiserver. And it does not retry: client-go honours Retry-After
// about ten times, which would hold a request for most of a minute; the hint goes
// to our client instead, who has the patience to decide about.
func NewNamespaces(base *rest.Config) (corev1client.NamespaceInterface, error) {
	config := rest.CopyConfig(base)
	config.QPS = -1
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return oneTry{next} })
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make the client of namespaces: %w", err)
	}
	return clientset.CoreV1().Namespaces(), nil
}

// oneTry hides from client-go the header that it would retry upon. The status in
// the body says the same to whoever asked.
type oneTry struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o oneTry) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(request)
	if response != nil {
		response.Header.Del("Retry-After")
	}
	return response, err
}
