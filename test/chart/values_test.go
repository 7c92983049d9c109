package chart

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// TestSchemaRefuses wants a bad value refused before anything is installed, by a
// message that names the value and what is wrong with it.
func TestSchemaRefuses(t *testing.T) {
	type values = map[string]any
	for _, c := range []struct {
		name, want, reason string
		override           values
	}{
		{"unknown value", "additional properties 'replicas' not allowed", "a misspelt value is not silently a default", values{"replicas": 3}},
		{"unknown workload value", "at '/apiserver': additional properties 'replica' not allowed", "below the top level, too", values{"apiserver": values{"replica": 3}}},
		{"unknown configuration", "at '/config': additional properties 'baseDomian' not allowed", "else the pods would find it", values{"config": values{"baseDomian": "a.example"}}},
		{"no replica", "at '/apiserver/replicas': minimum: got 0, want 1", "an APIService without a server blocks every namespace deletion", values{"apiserver": values{"replicas": 0}}},
		{"text for a number", "at '/apiserver/replicas': got string, want integer", "--set-string is a common mistake", values{"apiserver": values{"replicas": "3"}}},
		{"mode of the API server", "additional properties 'mode' not allowed", "only the provisioner has a mode", values{"apiserver": values{"mode": "InProcess"}}},
		{"unknown mode", "value must be one of 'Deployment', 'InProcess'", "there are two", values{"provisioner": values{"mode": "Sidecar"}}},
		{"certificate without its Secret", "at '/servingCertificate/secretName': minLength", "mode Existing needs it", values{"servingCertificate": values{"mode": "Existing", "caBundle": authority}}},
		{"certificate without its issuer", "at '/servingCertificate/caBundle': minLength", "kube-apiserver would not trust it", values{"servingCertificate": values{"mode": "Existing", "secretName": "mine"}}},
		{"certificate of an issuer that is none", "servingCertificate.caBundle holds no certificate", "the same", values{"servingCertificate": values{"mode": "Existing", "secretName": "mine", "caBundle": "bWluZQ=="}}},
		{"certificate of an instant", "servingCertificate.lifetime is 5s", "the pods would refuse to start", values{"servingCertificate": values{"lifetime": "5s"}}},
		{"certificate that outlives its issuer", "make it twice servingCertificate.lifetime (1h30m) at least", "the same", values{"servingCertificate": values{"lifetime": "1h30m", "authorityLifetime": "179m59.9s"}}},
		{"tag with a digest in it", "at '/image/tag'", "digest has a value of its own", values{"image": values{"tag": "1@sha256:abc"}}},
		{"repository with a tag in it", "at '/image/repository'", "tag has a value of its own", values{"image": values{"repository": "registry.example.com/platform:1.0"}}},
		{"registry with a scheme", "at '/config/image/registry'", "no image is called so", values{"config": values{"image": values{"registry": "https://registry.example.com"}}}},
		{"domain with a scheme", "at '/config/baseDomain'", "config.scheme is a field of its own", values{"config": values{"baseDomain": "https://shops.example.com"}}},
		{"kind of the configuration", "additional properties 'kind' not allowed", "the chart writes it", values{"config": values{"kind": "Other"}}},
		{"duration without a unit", "at '/config/provisioning/timeout'", "15 of what?", values{"config": values{"provisioning": values{"timeout": "15"}}}},
		{"duration of nothing", "at '/config/provisioning/resyncInterval'", "the pods would refuse to start", values{"config": values{"provisioning": values{"resyncInterval": "0s"}}}},
		{"least wait above the most", "config.provisioning.minBackoff is 301s, and maxBackoff 5m", "the same", values{"config": values{"provisioning": values{"minBackoff": "301s"}}}},
		{"source of a Secret", "at '/config/secrets/medusa/tokens/source': value must be one of 'Generated', 'Existing'", "there are two", values{"config": values{"secrets": values{"medusa": values{"tokens": values{"source": "Vault"}}}}}},
		{"no Gateway", "at '/config/routing': missing property 'gateway'", "the pods would refuse to start", values{"config": values{"routing": values{"kind": "Gateway"}}}},
		{"Gateway without a namespace", "at '/config/routing/gateway': missing property 'namespace'", "the same", values{"config": values{"routing": values{"kind": "Gateway", "gateway": values{"name": "public"}}}}},
		{"certificates for a Gateway", "at '/config/tls': got object, want null", "it has its own", values{"config": values{
			"scheme": "https", "tls": values{"secretName": "wildcard"}, "routing": values{"kind": "Gateway", "gateway": values{"name": "public", "namespace": "gateways"}}}}},
		{"certificates without TLS", "at '/config/scheme': value must be 'https'", "nobody would use them", values{"config": values{"tls": values{"secretName": "wildcard"}}}},
		{"certificates of two sources", "at '/config/tls': 'oneOf' failed", "one would be ignored", values{"config": values{
			"scheme": "https", "tls": values{"secretName": "wildcard", "issuer": values{"name": "letsencrypt"}}}}},
		{"fewer at most than at least", "apiserver.autoscaling.maxReplicas is less than apiserver.replicas", "kube-apiserver would refuse it, after all else was installed", values{"apiserver": values{"replicas": 3, "autoscaling": values{"enabled": true, "maxReplicas": 2}}}},
		{"autoscaling by nothing", "set it", "a share of no request is never reached", values{"apiserver": values{"resources": nil, "autoscaling": values{"enabled": true}}}},
		{"prober in its node's network", "Set provisioner.mode to Deployment", "no shop would admit it", values{"apiserver": values{"hostNetwork": true}, "provisioner": values{"mode": "InProcess"}}},
		{"policy parameters in Secrets", "at '/rbac/policyParameters/0/resources/0'", "the API server must not read every secret of the cluster", values{"rbac": values{"policyParameters": []any{values{"apiGroup": "", "resources": []any{"secrets"}}}}}},
		{"engines of the node", "at '/engines/volume': additional properties 'hostPath' not allowed", "restricted pods have no such volumes", values{"engines": values{"volume": values{"hostPath": values{"path": "/engines"}}}}},
		{"engines of two sources", "at '/engines/volume': maxProperties", "kube-apiserver would refuse the pods", values{"engines": values{"volume": values{
			"image": values{"reference": "registry.example.com/engines:1"}, "persistentVolumeClaim": values{"claimName": "engines"}}}}},
		{"engines without directories", "at '/engines/volume/configMap': missing property 'items'", "the platform would find none", values{"engines": values{"volume": values{"configMap": values{"name": "engines"}}}}},
		{"engine in no revision", "at '/engines/volume/configMap/items/0/path'", "the same", values{"engines": values{"volume": values{"configMap": values{
			"name": "engines", "items": []any{values{"key": "engine.yaml", "path": "mine/engine.yaml"}}}}}}},
		{"positional argument", "at '/apiserver/extraArgs/0'", "an argument could choose another subcommand", values{"apiserver": values{"extraArgs": []any{"provisioner"}}}},
		{"route without a host", "at '/dashboard/route/host': minLength", "it would catch every host", values{"dashboard": values{"route": values{"kind": "Ingress"}}}},
		{"route to no Gateway", "at '/dashboard/route/parentRefs': minItems", "nobody would attend to it", values{"dashboard": values{"route": values{"kind": "HTTPRoute", "host": "a.example"}}}},
		{"port of a privileged process", "at '/apiserver/port': minimum", "the pods are nobody", values{"apiserver": values{"port": 443}}},
		{"runbooks with an anchor", "at '/monitoring/rules/runbookURL'", "each alert appends its own", values{"monitoring": values{"rules": values{"runbookURL": "https://a.example/#b"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := render(t, nil, c.override)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q: %s", err, c.want, c.reason)
			}
		})
	}
}

// TestProductionComesInAnotherWay wants what values-prod.yaml says of TLS to be taken
// back by values that come after it.
func TestProductionComesInAnotherWay(t *testing.T) {
	gateway := map[string]any{"name": "public", "namespace": "gateways"}
	for name, override := range map[string]map[string]any{
		"by a Gateway":             {"tls": nil, "routing": map[string]any{"kind": "Gateway", "gateway": gateway}},
		"with a given certificate": {"tls": map[string]any{"issuer": nil, "secretName": "wildcard"}},
	} {
		t.Run(name, func(t *testing.T) {
			platform := platformOf(t, valueSets["prod"], map[string]any{"config": override})
			if platform.TLS != nil && platform.TLS.Issuer != nil {
				t.Errorf("certificates still come from %+v", platform.TLS.Issuer)
			}
		})
	}
}

// TestProductionWithoutExtras wants values-prod.yaml to be of use without cert-manager
// and the Prometheus Operator, by the values that docs/installation.md names.
func TestProductionWithoutExtras(t *testing.T) {
	off := map[string]any{"enabled": false}
	templates, err := render(t, valueSets["prod"], map[string]any{
		"servingCertificate": map[string]any{"mode": "SelfManaged"},
		"monitoring":         map[string]any{"serviceMonitors": off, "rules": off},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		for _, group := range []string{"cert-manager.io", "monitoring.coreos.com"} {
			if strings.Contains(template.Text, "apiVersion: "+group+"/") {
				t.Errorf("%s needs %s", template.Name, group)
			}
		}
	}
}

// TestNotes wants what Helm says at the end to be of this installation.
func TestNotes(t *testing.T) {
	templates, err := render(t, nil, map[string]any{
		"config": map[string]any{"port": 8080}, "rbac": map[string]any{"userRoles": false}, "dashboard": map[string]any{"enabled": false},
	})
	if err != nil {
		t.Fatal(err)
	}
	notes := ""
	for _, template := range templates {
		if template.Name == "NOTES.txt" {
			notes = template.Text
		}
	}
	if !strings.Contains(notes, "http://acme.localtest.me:8080:\n") {
		t.Errorf("the shop is not where the notes say:\n%s", notes)
	}
	if strings.Contains(notes, "<<") {
		t.Errorf("a here-document that is copied with its indentation has no end:\n%s", notes)
	}
	for _, absent := range []string{"store-viewer", "store-dashboard"} {
		if strings.Contains(notes, absent) {
			t.Errorf("the notes name %s, which is not installed:\n%s", absent, notes)
		}
	}
}

func TestProductionSurvivesANode(t *testing.T) {
	objects := renderObjects(t, valueSets["prod"], nil)
	for _, name := range []string{"store-apiserver", "store-provisioner", "store-dashboard"} {
		deployment := findDeployment(t, objects, name)
		if replicas := deployment.Spec.Replicas; replicas != nil && *replicas < 2 {
			t.Errorf("%s has %d replicas: one node less, and it is gone", name, *replicas)
		}
		if deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
			t.Errorf("%s: a rollout takes away a replica before it has another", name)
		}
		if len(deployment.Spec.Template.Spec.TopologySpreadConstraints) == 0 {
			t.Errorf("%s: all replicas may run on one node", name)
		}
		if !budgeted(find[*policyv1.PodDisruptionBudget](objects), deployment) {
			t.Errorf("%s has no PodDisruptionBudget: draining nodes may take all replicas at once", name)
		}
	}
}

func budgeted(budgets []*policyv1.PodDisruptionBudget, deployment *appsv1.Deployment) bool {
	for _, budget := range budgets {
		matches := true
		for key, value := range budget.Spec.Selector.MatchLabels {
			matches = matches && deployment.Spec.Template.Labels[key] == value
		}
		if matches {
			return true
		}
	}
	return false
}

// TestInProcess wants the API server's account to hold the provisioner's
// permissions exactly where it does the provisioner's work.
func TestInProcess(t *testing.T) {
	for _, c := range []struct {
		name, mode, reason string
		want               bool
	}{
		{name: "in process", mode: "InProcess", want: true, reason: "the API server's pods have one account, which does both"},
		{name: "separate", mode: "Deployment", want: false, reason: "an API server must not be able to write workloads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects := renderObjects(t, nil, map[string]any{"provisioner": map[string]any{"mode": c.mode}})
			for _, binding := range find[*rbacv1.ClusterRoleBinding](objects) {
				if binding.RoleRef.Name != "store-provisioner" {
					continue
				}
				got := false
				for _, subject := range binding.Subjects {
					got = got || subject.Name == "store-apiserver"
				}
				if got != c.want {
					t.Errorf("store-apiserver is bound to store-provisioner: %v, want %v: %s", got, c.want, c.reason)
				}
			}
		})
	}
}
