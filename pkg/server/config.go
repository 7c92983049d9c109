package server

import (
	"context"

	genericapiserver "k8s.io/apiserver/pkg/server"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/registry/store/nsstorage"
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
	// ConsistentReads says how reads are answered that must see everything
	// acknowledged before them.
	ConsistentReads nsstorage.ConsistentReads
	// Provisioner, where set, runs beside the server from when it serves until
	// it stops. It returns when its context has ended and its work is put down.
	Provisioner func(ctx context.Context) error
}
