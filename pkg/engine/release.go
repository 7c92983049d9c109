package engine

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
)

// Labels of every rendered object, beside those of v1alpha1.
const (
	// LabelName is the engine's name.
	LabelName = "app.kubernetes.io/name"
	// LabelComponent is the part of the shop: ComponentDatabase and so on.
	LabelComponent = "app.kubernetes.io/component"
)

// Components of a shop. An engine may have others; every engine has an application.
const (
	// ComponentApplication serves the shop.
	ComponentApplication = "application"
	// ComponentDatabase keeps the shop's data.
	ComponentDatabase = "database"
	// ComponentCache holds what can be lost.
	ComponentCache = "cache"
	// ComponentBootstrap sets the shop up once.
	ComponentBootstrap = "bootstrap"
)

// The Service of every shop, which the foundation renders and the route leads to.
const (
	// ServiceName is its name.
	ServiceName = "application"
	// ServicePort is its port.
	ServicePort = 80
)

// Input is all that a rendering depends on.
type Input struct {
	// Store is the shop that is wanted. Its version and plan are set.
	Store *v1alpha1.Store
	// Platform is the defaulted configuration.
	Platform *config.PlatformConfiguration
}

// Release is everything a shop consists of.
type Release struct {
	// Objects in the order to apply them, all in the store's namespace.
	Objects []*unstructured.Unstructured
	// Secrets in the order to make them, before Objects are applied.
	Secrets []Secret
	// URL is where customers reach the shop.
	URL string
	// AdminURL is where the merchant administers it.
	AdminURL string
	// AdminSecret names the Secret with the merchant's `username` and `password`.
	AdminSecret string
}
