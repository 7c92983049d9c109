package config

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Default returns the configuration of an installation that configures nothing.
func Default() *PlatformConfiguration {
	c := &PlatformConfiguration{}
	SetDefaults(c)
	return c
}

// SetDefaults fills in what a configuration leaves out. A list that is given
// and empty stays empty.
func SetDefaults(c *PlatformConfiguration) {
	setDefault(&c.APIVersion, APIVersion)
	setDefault(&c.Kind, Kind)
	setDefault(&c.BaseDomain, "localtest.me")
	setDefault(&c.Scheme, HTTP)
	setDefault(&c.Routing.Kind, RoutingIngress)
	setDefault(&c.Image.PullPolicy, corev1.PullIfNotPresent)
	setDefault(&c.StorefrontProbe, ProbeEnabled)
	if c.ReservedNames == nil {
		c.ReservedNames = []string{"admin", "api", "auth", "dashboard", "grafana", "login", "mail", "platform", "status", "www"}
	}
	if c.TLS != nil && c.TLS.Issuer != nil {
		setDefault(&c.TLS.Issuer.Kind, "ClusterIssuer")
	}
	setDefaultSecrets(c.Secrets)
	setDefaultResources(c)
	setDefaultNetwork(&c.Network)
	setDefaultProvisioning(&c.Provisioning)
}

func setDefaultResources(c *PlatformConfiguration) {
	if c.Quota == nil {
		c.Quota = corev1.ResourceList{}
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceServicesLoadBalancers, corev1.ResourceServicesNodePorts} {
		if _, named := c.Quota[name]; !named {
			c.Quota[name] = resource.MustParse("0")
		}
	}
	if c.Limits.Default == nil {
		c.Limits.Default = corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("250m"),
			corev1.ResourceMemory: resource.MustParse("256Mi"),
		}
	}
	if c.Limits.DefaultRequest == nil {
		c.Limits.DefaultRequest = corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("50m"),
			corev1.ResourceMemory: resource.MustParse("64Mi"),
		}
	}
}

func setDefaultNetwork(n *Network) {
	if n.IngressNamespaceSelector == nil {
		n.IngressNamespaceSelector = namespaceNamed("ingress-nginx")
	}
	if n.DNSNamespaceSelector == nil {
		n.DNSNamespaceSelector = namespaceNamed(metav1.NamespaceSystem)
	}
	setDefault(&n.Prober.Namespace, "store-platform")
	if n.Prober.PodSelector == nil {
		n.Prober.PodSelector = &metav1.LabelSelector{MatchLabels: map[string]string{
			"app.kubernetes.io/name": "store-platform", "app.kubernetes.io/component": "provisioner",
		}}
	}
	if n.EgressPorts == nil {
		n.EgressPorts = []int32{443, 465, 587}
	}
	if n.DeniedCIDRs == nil {
		n.DeniedCIDRs = []string{
			"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
			"::1/128", "fc00::/7", "fe80::/10",
		}
	}
}

func setDefaultProvisioning(p *Provisioning) {
	setDefault(&p.Timeout.Duration, 15*time.Minute)
	setDefault(&p.Workers, 8)
	setDefault(&p.ResyncInterval.Duration, 10*time.Minute)
	setDefault(&p.MinBackoff.Duration, time.Second)
	setDefault(&p.MaxBackoff.Duration, 5*time.Minute)
	setDefault(&p.StoresPerSecond, 20)
	if p.MaxConcurrentRollouts == nil {
		p.MaxConcurrentRollouts = ptr.To[int32](2)
	}
}

func namespaceNamed(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
