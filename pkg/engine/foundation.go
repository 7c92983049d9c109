package engine

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/config"
)

// foundationValues are what the foundation chart has beside chartValues: the
// configuration, which engines have no business with. Nothing is left out when
// empty, because a template that reads what is not there fails.
type foundationValues struct {
	chartValues
	PullSecrets  []string            `json:"pullSecrets"`
	Quota        corev1.ResourceList `json:"quota"`
	Limits       limitValues         `json:"limits"`
	Network      networkValues       `json:"network"`
	Routing      routingValues       `json:"routing"`
	Certificates []certificate       `json:"certificates"`
}

type limitValues struct {
	Default        corev1.ResourceList `json:"default"`
	DefaultRequest corev1.ResourceList `json:"defaultRequest"`
}

type networkValues struct {
	IngressNamespaceSelector *metav1.LabelSelector `json:"ingressNamespaceSelector"`
	DNSNamespaceSelector     *metav1.LabelSelector `json:"dnsNamespaceSelector"`
	// Prober is null where no shop is asked.
	Prober        *config.Prober `json:"prober"`
	EgressPorts   []int32        `json:"egressPorts"`
	DeniedCIDRsV4 []string       `json:"deniedCIDRsV4"`
	DeniedCIDRsV6 []string       `json:"deniedCIDRsV6"`
}

type routingValues struct {
	Kind      config.RoutingKind `json:"kind"`
	ClassName string             `json:"className"`
	// Annotations are those of the Ingress or the HTTPRoute, whichever there is.
	Annotations map[string]string `json:"annotations"`
	Gateway     gatewayValues     `json:"gateway"`
}

type gatewayValues struct {
	Name        string `json:"name"`
	Namespace   string `json:"namespace"`
	SectionName string `json:"sectionName"`
}

// certificate is a Secret with a certificate and the hosts it is for.
type certificate struct {
	SecretName string   `json:"secretName"`
	Hosts      []string `json:"hosts"`
}

// newFoundationValues adds what only the foundation may know.
func newFoundationValues(values chartValues, plan Plan, platform *config.PlatformConfiguration) foundationValues {
	v4, v6 := byFamily(platform.Network.DeniedCIDRs)
	annotations, certificates := tls(values, platform)
	gateway := platform.Routing.Gateway
	if platform.Routing.Kind == config.RoutingGateway {
		annotations = gateway.Annotations
	}
	return foundationValues{
		chartValues: values,
		PullSecrets: platform.Image.PullSecrets,
		Quota:       quota(values, plan, platform.Quota),
		Limits:      limitValues(platform.Limits),
		Network: networkValues{
			IngressNamespaceSelector: platform.Network.IngressNamespaceSelector,
			DNSNamespaceSelector:     platform.Network.DNSNamespaceSelector,
			Prober:                   prober(platform),
			EgressPorts:              platform.Network.EgressPorts,
			DeniedCIDRsV4:            v4,
			DeniedCIDRsV6:            v6,
		},
		Routing: routingValues{
			Kind:        platform.Routing.Kind,
			ClassName:   platform.Routing.Ingress.ClassName,
			Annotations: annotations,
			Gateway:     gatewayValues{Name: gateway.Name, Namespace: gateway.Namespace, SectionName: gateway.SectionName},
		},
		Certificates: certificates,
	}
}

func prober(platform *config.PlatformConfiguration) *config.Prober {
	if platform.StorefrontProbe == config.ProbeDisabled {
		return nil
	}
	return &platform.Network.Prober
}

// tls returns the annotations of the Ingress, with the issuer of its certificate
// among them, and its certificates.
func tls(values chartValues, platform *config.PlatformConfiguration) (map[string]string, []certificate) {
	annotations := maps.Clone(platform.Routing.Ingress.Annotations)
	if platform.TLS == nil {
		return annotations, nil
	}
	if platform.TLS.Issuer == nil {
		// A wildcard certificate speaks for the default host only.
		return annotations, []certificate{{SecretName: platform.TLS.SecretName, Hosts: values.Hosts[:1]}}
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	if platform.TLS.Issuer.Kind == "Issuer" {
		annotations["cert-manager.io/issuer"] = platform.TLS.Issuer.Name
	} else {
		annotations["cert-manager.io/cluster-issuer"] = platform.TLS.Issuer.Name
	}
	return annotations, []certificate{{SecretName: "certificate", Hosts: values.Hosts}}
}

// quota is the plan's over the configuration's, and as much storage as the
// volumes need: a volume that may grow must not meet a quota that did not.
func quota(values chartValues, plan Plan, defaults corev1.ResourceList) corev1.ResourceList {
	hard := corev1.ResourceList{}
	maps.Copy(hard, defaults)
	maps.Copy(hard, plan.Quota)
	var storage resource.Quantity
	for _, name := range slices.Sorted(maps.Keys(values.Volumes)) {
		storage.Add(values.Volumes[name].Size)
	}
	hard[corev1.ResourceRequestsStorage] = storage
	hard[corev1.ResourcePersistentVolumeClaims] = *resource.NewQuantity(int64(len(values.Volumes)), resource.DecimalSI)
	return hard
}

func byFamily(cidrs []string) (v4, v6 []string) {
	for _, cidr := range cidrs {
		if strings.Contains(cidr, ":") {
			v6 = append(v6, cidr)
		} else {
			v4 = append(v4, cidr)
		}
	}
	return v4, v6
}
