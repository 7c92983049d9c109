package nsstorage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/deadline"
)

const mediaTypeProtobuf = "application/vnd.kubernetes.protobuf"

// requestTimeout is kube-apiserver's own default (--request-timeout).
const requestTimeout = time.Minute

// Namespaces is the client of a cluster's namespaces that storage works with.
type Namespaces interface {
	corev1client.NamespaceInterface
	// ListStream lists namespaces as they come over the wire, in protobuf.
	ListStream(ctx context.Context, options metav1.ListOptions) (io.ReadCloser, error)
}

// NewNamespaces returns the client of namespaces.
//
// It speaks protobuf, uncompressed: compressing a list costs kube-apiserver more
// time than sending it across a cluster's network does. It has no rate limit of
// its own: client-go's default of five requests a second would throttle the whole
// server, and flow control belongs to kube-apiserver. And it does not retry:
// client-go honours Retry-After about ten times, which would hold a request for
// most of a minute; the hint goes to our client instead, who has the patience to
// decide about. What is not wholly answered in time has failed, also where no
// request of a client's waits for it.
func NewNamespaces(base *rest.Config) (Namespaces, error) {
	config := rest.CopyConfig(base)
	config.QPS = -1
	config.DisableCompression = true
	config.ContentType = mediaTypeProtobuf
	config.AcceptContentTypes = mediaTypeProtobuf + ",application/json"
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return oneTry{next} })
	config.Wrap(deadline.Within(requestTimeout))
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make the client of namespaces: %w", err)
	}
	core := clientset.CoreV1()
	return namespaceClient{NamespaceInterface: core.Namespaces(), rest: core.RESTClient()}, nil
}

type namespaceClient struct {
	corev1client.NamespaceInterface
	rest rest.Interface
}

// ListStream implements Namespaces.
func (c namespaceClient) ListStream(ctx context.Context, options metav1.ListOptions) (io.ReadCloser, error) {
	return c.rest.Get().
		Resource("namespaces").
		VersionedParams(&options, scheme.ParameterCodec).
		SetHeader("Accept", mediaTypeProtobuf).
		Stream(ctx)
}

// oneTry hides from client-go the header that it would retry upon. A status in
// the body says the same to whoever asked; where there is none it makes one.
type oneTry struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o oneTry) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(request)
	if err != nil {
		return response, err
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	response.Header.Del("Retry-After")
	if err != nil || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		return response, nil
	}
	return withStatus(response, seconds)
}

// withStatus gives a body to what kube-apiserver answers in plain text: its
// filters do while it starts, stops or has too much to do.
func withStatus(response *http.Response, retryAfterSeconds int) (*http.Response, error) {
	response.Body.Close()
	status := apierrors.NewGenericServerResponse(response.StatusCode, "", schema.GroupResource{}, "", "", retryAfterSeconds, false).ErrStatus
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	body, err := json.Marshal(status)
	if err != nil {
		return nil, fmt.Errorf("encode status: %w", err)
	}
	response.Header.Set("Content-Type", "application/json")
	response.Header.Del("Content-Length")
	response.ContentLength = int64(len(body))
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}
