package config

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// APIVersion is the version of the configuration that this package reads.
	APIVersion = "config.platform.example.io/v1alpha1"
	// Kind is the kind of the configuration.
	Kind = "PlatformConfiguration"
)

// PlatformConfiguration says how this installation of the platform runs stores.
type PlatformConfiguration struct {
	metav1.TypeMeta `json:",inline"`

	// BaseDomain is the domain under which every store gets its default host,
	// `<name>.<baseDomain>`. Defaults to `localtest.me`, whose names all resolve
	// to loopback.
	BaseDomain string `json:"baseDomain,omitempty"`

	// Scheme is `http` or `https`: how customers reach the stores. Defaults to `http`.
	Scheme Scheme `json:"scheme,omitempty"`

	// Port is the port customers use, where it is not the scheme's own. It is
	// appended to the URLs of the stores. Defaults to 0: the scheme's port.
	Port int32 `json:"port,omitempty"`

	// ReservedNames are names no Store may have, because their host under
	// baseDomain belongs to the platform. Defaults to `admin`, `api`, `auth`,
	// `dashboard`, `grafana`, `login`, `mail`, `platform`, `status`, `www`.
	// An empty list reserves nothing.
	ReservedNames []string `json:"reservedNames,omitempty"`

	// Routing says how requests from outside reach a store.
	Routing Routing `json:"routing,omitempty"`

	// TLS says where the certificates of the stores come from. Only with scheme
	// `https`; left out, whatever stands in front of the cluster ends TLS.
	TLS *TLS `json:"tls,omitempty"`

	// Storage names the storage classes of the stores' volumes.
	Storage Storage `json:"storage,omitempty"`

	// Image says where container images come from.
	Image Image `json:"image,omitempty"`

	// Secrets says where the Secrets of the stores come from, by the name of the
	// engine and that of the Secret: `medusa: {tokens: {source: Existing}}`. Those
	// that are not named are generated.
	Secrets map[string]map[string]Secret `json:"secrets,omitempty"`

	// Quota bounds each store's namespace in the resources that its plan does
	// not name. Unless named here, `services.loadbalancers` and
	// `services.nodeports` are 0.
	Quota corev1.ResourceList `json:"quota,omitempty"`

	// Limits are for containers that state no resources of their own.
	Limits Limits `json:"limits,omitempty"`

	// Network says who may speak to the stores, and where they may speak to.
	Network Network `json:"network,omitempty"`

	// StorefrontProbe is `Enabled` or `Disabled`: whether the provisioner asks each
	// shop as a customer would, and calls none ready that does not answer.
	// `Disabled` is for where nothing runs in the pods, or nobody could reach them.
	// Defaults to `Enabled`.
	StorefrontProbe StorefrontProbe `json:"storefrontProbe,omitempty"`

	// Provisioning paces the work on the stores.
	Provisioning Provisioning `json:"provisioning,omitempty"`

	// EngineDirectory is a directory of engines beside the built-in ones, laid
	// out as `<engine>/<revision>/`. Defaults to none.
	EngineDirectory string `json:"engineDirectory,omitempty"`
}

// Scheme is a URL scheme.
type Scheme string

const (
	// HTTP is plain HTTP.
	HTTP Scheme = "http"
	// HTTPS is HTTP over TLS.
	HTTPS Scheme = "https"
)

// StorefrontProbe says whether shops are asked.
type StorefrontProbe string

const (
	// ProbeEnabled has every shop asked as a customer would.
	ProbeEnabled StorefrontProbe = "Enabled"
	// ProbeDisabled has no shop asked.
	ProbeDisabled StorefrontProbe = "Disabled"
)

// RoutingKind is an API that routes requests to a store.
type RoutingKind string

const (
	// RoutingIngress renders a networking.k8s.io/v1 Ingress.
	RoutingIngress RoutingKind = "Ingress"
	// RoutingGateway renders a gateway.networking.k8s.io/v1 HTTPRoute.
	RoutingGateway RoutingKind = "Gateway"
)

// Routing says how requests from outside reach a store.
type Routing struct {
	// Kind is `Ingress` or `Gateway`. Defaults to `Ingress`.
	Kind RoutingKind `json:"kind,omitempty"`
	// Ingress is for kind `Ingress`.
	Ingress IngressRouting `json:"ingress,omitempty"`
	// Gateway is for kind `Gateway`.
	Gateway GatewayRouting `json:"gateway,omitempty"`
}

// IngressRouting says what the Ingress of a store looks like.
type IngressRouting struct {
	// ClassName is the ingress class. Defaults to none: the cluster's default class.
	ClassName string `json:"className,omitempty"`
	// Annotations are set on every store's Ingress.
	Annotations map[string]string `json:"annotations,omitempty"`
}

// GatewayRouting names the Gateway that the HTTPRoute of a store attaches to.
// The Gateway ends TLS.
type GatewayRouting struct {
	// Name of the Gateway. Required for kind `Gateway`.
	Name string `json:"name,omitempty"`
	// Namespace of the Gateway. Required for kind `Gateway`.
	Namespace string `json:"namespace,omitempty"`
	// SectionName is one listener of the Gateway. Defaults to all.
	SectionName string `json:"sectionName,omitempty"`
	// Annotations are set on every store's HTTPRoute.
	Annotations map[string]string `json:"annotations,omitempty"`
}

// TLS says where the certificates of the stores come from: an issuer, which
// makes one for each store, or one wildcard Secret.
type TLS struct {
	// Issuer is the cert-manager issuer of each store's certificate.
	Issuer *Issuer `json:"issuer,omitempty"`
	// SecretName is a wildcard certificate for the default hosts, present in
	// every store's namespace (copied there by what renews it). Custom hosts are
	// left to the ingress controller's default certificate.
	SecretName string `json:"secretName,omitempty"`
}

// Issuer names a cert-manager issuer.
type Issuer struct {
	// Kind is `ClusterIssuer`, the default, or `Issuer`.
	Kind string `json:"kind,omitempty"`
	// Name of the issuer. Required.
	Name string `json:"name"`
}

// Storage names the storage classes of the stores' volumes. Claims that exist
// keep the class they were made with.
type Storage struct {
	// ClassName is the class of the volumes for which a Store names none.
	// Defaults to the cluster's default class.
	ClassName string `json:"className,omitempty"`
	// SharedClassName is a class of ReadWriteMany volumes, for those that several
	// pods write. Defaults to none: such volumes are ReadWriteOnce, and the pods
	// that share one are kept on one node.
	SharedClassName string `json:"sharedClassName,omitempty"`
}

// Image says where container images come from.
type Image struct {
	// Registry holds the images the platform builds itself (`store-…`), and
	// mirrors of all others under their own paths. Defaults to none: the
	// platform's images by their bare names, the others from where they are published.
	Registry string `json:"registry,omitempty"`
	// Replacements are the images that are run instead of those an engine names: by
	// the reference in its engine.yaml, `docker.io/library/postgres:17.6`, the one
	// that is pulled, as it is, registry and all. Defaults to none.
	Replacements map[string]string `json:"replacements,omitempty"`
	// PullPolicy is `Always`, `IfNotPresent` or `Never`. Defaults to `IfNotPresent`.
	PullPolicy corev1.PullPolicy `json:"pullPolicy,omitempty"`
	// PullSecrets are Secrets for the registry, present in every store's namespace
	// (copied there by what renews them). Defaults to none.
	PullSecrets []string `json:"pullSecrets,omitempty"`
}

// Limits are for containers that state no resources of their own.
type Limits struct {
	// Default are their limits. Defaults to 250m CPU and 256Mi memory.
	Default corev1.ResourceList `json:"default,omitempty"`
	// DefaultRequest are their requests. Defaults to 50m CPU and 64Mi memory.
	DefaultRequest corev1.ResourceList `json:"defaultRequest,omitempty"`
}

// Network says who may speak to the stores, and where they may speak to. It
// becomes NetworkPolicies, which only some network plugins enforce.
type Network struct {
	// IngressNamespaceSelector selects the namespaces of the ingress controller or
	// Gateway, the only ones that reach a store. Defaults to the one named `ingress-nginx`.
	IngressNamespaceSelector *metav1.LabelSelector `json:"ingressNamespaceSelector,omitempty"`
	// DNSNamespaceSelector selects the namespaces of the cluster's DNS. Defaults
	// to the one named `kube-system`.
	DNSNamespaceSelector *metav1.LabelSelector `json:"dnsNamespaceSelector,omitempty"`
	// Prober selects the pods that ask the shops, which reach a store beside the
	// ingress controller while storefrontProbe is `Enabled`.
	Prober Prober `json:"prober,omitempty"`
	// EgressPorts are the TCP ports the stores reach on the internet (payment,
	// mail). Defaults to 443, 465 and 587. An empty list allows none.
	EgressPorts []int32 `json:"egressPorts,omitempty"`
	// DeniedCIDRs are never reached by a store, also not on those ports. Name the
	// cluster's own ranges here. Defaults to the private and the link-local ranges of IPv4
	// and IPv6, cloud metadata among them.
	DeniedCIDRs []string `json:"deniedCIDRs,omitempty"`
}

// Prober selects the provisioner's pods.
type Prober struct {
	// Namespace of the pods. Defaults to `store-platform`.
	Namespace string `json:"namespace,omitempty"`
	// PodSelector selects them in it. Defaults to the labels that the platform's
	// chart gives the provisioner's pods.
	PodSelector *metav1.LabelSelector `json:"podSelector,omitempty"`
}

// Provisioning paces the work on the stores.
type Provisioning struct {
	// Timeout is how long a store may take to become ready before it is called
	// failed; work on it goes on. Defaults to 15m.
	Timeout metav1.Duration `json:"timeout,omitempty"`
	// Workers is how many stores are worked on at once. Defaults to 8.
	Workers int32 `json:"workers,omitempty"`
	// ResyncInterval is how often a store that nothing happened to is looked at
	// again. Defaults to 10m.
	ResyncInterval metav1.Duration `json:"resyncInterval,omitempty"`
	// MinBackoff is the wait before a store whose work failed is tried again; it
	// doubles up to MaxBackoff. Defaults to 1s.
	MinBackoff metav1.Duration `json:"minBackoff,omitempty"`
	// MaxBackoff is the longest such wait. Defaults to 5m.
	MaxBackoff metav1.Duration `json:"maxBackoff,omitempty"`
	// StoresPerSecond is how many retries of stores begin each second, at most,
	// over all of them. Defaults to 20.
	StoresPerSecond int32 `json:"storesPerSecond,omitempty"`
	// MaxConcurrentRollouts is how many stores of an engine are moved to a newer
	// revision of it at once. With 0 stores stay at the revision they run until
	// they order a version or plan that needs another. Defaults to 2.
	MaxConcurrentRollouts *int32 `json:"maxConcurrentRollouts,omitempty"`
}
