package config

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate returns everything that is wrong with a defaulted configuration.
func (c *PlatformConfiguration) Validate() field.ErrorList {
	errs := names(field.NewPath("baseDomain"), utilvalidation.IsDNS1123Subdomain, c.BaseDomain)
	errs = append(errs, oneOf(field.NewPath("scheme"), c.Scheme, HTTP, HTTPS)...)
	if c.Port < 0 || c.Port > 65535 {
		errs = append(errs, field.Invalid(field.NewPath("port"), c.Port, "must be between 0 and 65535"))
	}
	for i, name := range c.ReservedNames {
		errs = append(errs, names(field.NewPath("reservedNames").Index(i), utilvalidation.IsDNS1123Label, name)...)
	}
	errs = append(errs, c.Routing.validate(field.NewPath("routing"))...)
	errs = append(errs, c.validateTLS(field.NewPath("tls"))...)
	errs = append(errs, optionalName(field.NewPath("storage", "className"), c.Storage.ClassName)...)
	errs = append(errs, optionalName(field.NewPath("storage", "sharedClassName"), c.Storage.SharedClassName)...)
	errs = append(errs, c.Image.validate(field.NewPath("image"))...)
	errs = append(errs, c.validateSecrets(field.NewPath("secrets"))...)
	errs = append(errs, quantities(field.NewPath("quota"), c.Quota)...)
	errs = append(errs, c.Limits.validate(field.NewPath("limits"))...)
	errs = append(errs, c.Network.validate(field.NewPath("network"))...)
	errs = append(errs, oneOf(field.NewPath("storefrontProbe"), c.StorefrontProbe, ProbeEnabled, ProbeDisabled)...)
	return append(errs, c.Provisioning.validate(field.NewPath("provisioning"))...)
}

func (r *Routing) validate(path *field.Path) field.ErrorList {
	errs := oneOf(path.Child("kind"), r.Kind, RoutingIngress, RoutingGateway)
	errs = append(errs, optionalName(path.Child("ingress", "className"), r.Ingress.ClassName)...)
	errs = append(errs, validation.ValidateAnnotations(r.Ingress.Annotations, path.Child("ingress", "annotations"))...)
	gateway := path.Child("gateway")
	errs = append(errs, validation.ValidateAnnotations(r.Gateway.Annotations, gateway.Child("annotations"))...)
	if r.Kind != RoutingGateway {
		return errs
	}
	errs = append(errs, requiredName(gateway.Child("name"), r.Gateway.Name)...)
	errs = append(errs, requiredName(gateway.Child("namespace"), r.Gateway.Namespace)...)
	return append(errs, optionalName(gateway.Child("sectionName"), r.Gateway.SectionName)...)
}

func (c *PlatformConfiguration) validateTLS(path *field.Path) field.ErrorList {
	if c.TLS == nil {
		return nil
	}
	var errs field.ErrorList
	if c.Scheme != HTTPS {
		errs = append(errs, field.Forbidden(path, "only with scheme https"))
	}
	if c.Routing.Kind == RoutingGateway {
		errs = append(errs, field.Forbidden(path, "a Gateway ends TLS with its own certificates; configure them there"))
	}
	if (c.TLS.Issuer == nil) == (c.TLS.SecretName == "") {
		errs = append(errs, field.Invalid(path, "", "exactly one of issuer and secretName must be set"))
	}
	if issuer := c.TLS.Issuer; issuer != nil {
		errs = append(errs, oneOf(path.Child("issuer", "kind"), issuer.Kind, "ClusterIssuer", "Issuer")...)
		errs = append(errs, requiredName(path.Child("issuer", "name"), issuer.Name)...)
	}
	return append(errs, optionalName(path.Child("secretName"), c.TLS.SecretName)...)
}

func (i *Image) validate(path *field.Path) field.ErrorList {
	errs := oneOf(path.Child("pullPolicy"), i.PullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
	if i.Registry != "" && !registryPattern.MatchString(i.Registry) {
		errs = append(errs, field.Invalid(path.Child("registry"), i.Registry,
			"must be a host with an optional port and path, such as registry.example.io/stores"))
	}
	replacements := path.Child("replacements")
	for _, from := range slices.Sorted(maps.Keys(i.Replacements)) {
		errs = append(errs, fixedImage(replacements, from)...)
		errs = append(errs, fixedImage(replacements.Key(from), i.Replacements[from])...)
	}
	for n, name := range i.PullSecrets {
		errs = append(errs, requiredName(path.Child("pullSecrets").Index(n), name)...)
	}
	return errs
}

func (l *Limits) validate(path *field.Path) field.ErrorList {
	errs := quantities(path.Child("default"), l.Default)
	errs = append(errs, quantities(path.Child("defaultRequest"), l.DefaultRequest)...)
	for _, name := range slices.Sorted(maps.Keys(l.DefaultRequest)) {
		request, limit := l.DefaultRequest[name], l.Default[name]
		if _, limited := l.Default[name]; limited && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("defaultRequest").Key(string(name)), request.String(), "must be at most the default limit"))
		}
	}
	return errs
}

func (n *Network) validate(path *field.Path) field.ErrorList {
	errs := selector(path.Child("ingressNamespaceSelector"), n.IngressNamespaceSelector)
	errs = append(errs, selector(path.Child("dnsNamespaceSelector"), n.DNSNamespaceSelector)...)
	errs = append(errs, names(path.Child("prober", "namespace"), utilvalidation.IsDNS1123Label, n.Prober.Namespace)...)
	errs = append(errs, selector(path.Child("prober", "podSelector"), n.Prober.PodSelector)...)
	for i, port := range n.EgressPorts {
		for _, message := range utilvalidation.IsValidPortNum(int(port)) {
			errs = append(errs, field.Invalid(path.Child("egressPorts").Index(i), port, message))
		}
	}
	for i, cidr := range n.DeniedCIDRs {
		if prefix, err := netip.ParsePrefix(cidr); err != nil || prefix.Masked() != prefix {
			errs = append(errs, field.Invalid(path.Child("deniedCIDRs").Index(i), cidr, "must be the range of a network, such as 10.0.0.0/8"))
		}
	}
	return errs
}

func (p *Provisioning) validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for name, duration := range map[string]metav1.Duration{
		"timeout": p.Timeout, "resyncInterval": p.ResyncInterval, "minBackoff": p.MinBackoff, "maxBackoff": p.MaxBackoff,
	} {
		if duration.Duration <= 0 {
			errs = append(errs, field.Invalid(path.Child(name), duration.Duration.String(), "must be positive"))
		}
	}
	if count := p.MaxConcurrentRollouts; count != nil && *count < 0 {
		errs = append(errs, field.Invalid(path.Child("maxConcurrentRollouts"), *count, "must not be negative"))
	}
	for name, count := range map[string]int32{"workers": p.Workers, "storesPerSecond": p.StoresPerSecond} {
		if count <= 0 {
			errs = append(errs, field.Invalid(path.Child(name), count, "must be positive"))
		}
	}
	if p.MinBackoff.Duration > p.MaxBackoff.Duration {
		errs = append(errs, field.Invalid(path.Child("minBackoff"), p.MinBackoff.Duration.String(), "must be at most maxBackoff"))
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return errs
}

func quantities(path *field.Path, list map[corev1.ResourceName]resource.Quantity) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(list)) {
		quantity := list[name]
		errs = append(errs, names(path, utilvalidation.IsQualifiedName, string(name))...)
		if quantity.Sign() < 0 {
			errs = append(errs, field.Invalid(path.Key(string(name)), quantity.String(), "must not be negative"))
		}
	}
	return errs
}

func selector(path *field.Path, selector *metav1.LabelSelector) field.ErrorList {
	return metav1validation.ValidateLabelSelector(selector, metav1validation.LabelSelectorValidationOptions{}, path)
}
