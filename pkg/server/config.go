package server

import (
	"context"
	"errors"
	"fmt"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// Config is what a Server is made of.
type Config struct {
	// Generic configures the generic API server: serving, authentication,
	// authorization, admission, audit.
	Generic *genericapiserver.RecommendedConfig
	// Engines are the installed engines.
	Engines *engine.Catalogue
	// Platform is the defaulted and validated configuration.
	Platform *config.PlatformConfiguration
	// Provisioner, where set, runs beside the server from when it serves until
	// it stops. It returns when its context has ended and its work is put down.
	Provisioner func(ctx context.Context) error
}

// namespaces returns the client that storage works with: protobuf, and no
// client-side rate limit, because client-go's default of five requests a second
// would throttle the whole server. Flow control belongs to kube-apiserver.
func (c *Config) namespaces() (corev1client.NamespaceInterface, error) {
	if c.Generic.ClientConfig == nil {
		return nil, errors.New("make the client of namespaces: no connection to kube-apiserver is configured")
	}
	client := rest.CopyConfig(c.Generic.ClientConfig)
	client.QPS = -1
	client.ContentType = "application/vnd.kubernetes.protobuf"
	client.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	clientset, err := kubernetes.NewForConfig(client)
	if err != nil {
		return nil, fmt.Errorf("make the client of namespaces: %w", err)
	}
	return clientset.CoreV1().Namespaces(), nil
}
