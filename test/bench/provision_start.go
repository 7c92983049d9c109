package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

// provisioning is a run of `bench provision`.
type provisioning struct {
	*bench
	flags provisionOptions

	// client observes and clears away; it is measured with nobody.
	client kubernetes.Interface
	stores versioned.Interface
	// accounts work for our contender beside its user.
	audit   *auditLog
	batches []batch
}

// nodes hold the pods of a batch and of what a batch before it has left.
const provisioningNodes = 4

// Accounts of ours whose requests are counted.
const (
	accountOfServer      = "system:serviceaccount:store-platform:store-apiserver"
	accountOfProvisioner = "system:serviceaccount:store-platform:store-provisioner"
)

// start brings up a whole control plane with our server on it, and an audit log
// of those alone who are measured: it counts their requests.
func (p *provisioning) start(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	p.temporary = dir
	policy := filepath.Join(dir, "bench-audit-policy.yaml")
	users := append([]string{accountOfServer, accountOfProvisioner}, contenderUsers()...)
	if err := writeAuditPolicy(policy, users); err != nil {
		return err
	}
	var platformArgs []string
	if p.flags.many > 0 {
		// Memory is that of two processes, as in production.
		platformArgs = []string{"--provisioner=off", "--provisioner-kubeconfig="}
	}
	manifests := filepath.Join(p.flags.root, "artifacts", "apiservice")
	p.say("starting the control plane in %s", dir)
	p.cluster, err = controlplane.Run(ctx, controlplane.Options{
		Dir:   filepath.Join(dir, "cluster"),
		Nodes: provisioningNodes,
		KubeAPIServerArgs: []string{
			"--audit-policy-file=" + policy, "--audit-log-maxsize=4096",
		},
		Manifests:      []string{filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac.yaml")},
		Platform:       p.flags.server,
		PlatformConfig: p.flags.config,
		PlatformArgs:   platformArgs,
	})
	if err != nil {
		return err
	}
	p.audit = &auditLog{path: p.cluster.LogPath("audit")}
	if err := p.connect(); err != nil {
		return err
	}
	admin := p.cluster.RESTConfig()
	if p.stores, err = versioned.NewForConfig(inProtobuf(admin)); err != nil {
		return fmt.Errorf("make client of stores: %w", err)
	}
	if p.client, err = kubernetes.NewForConfig(inProtobuf(admin)); err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	return p.allow(ctx)
}

func inProtobuf(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.ContentType, config.AcceptContentTypes = typeProtobuf, typeProtobuf+","+typeJSON
	return config
}

// contenderUser is who makes a contender's requests.
func contenderUser(contender string) string { return "bench-" + contender }

func contenderUsers() []string {
	var users []string
	for _, name := range contenderNames {
		users = append(users, contenderUser(name))
	}
	return users
}

// allow lets each contender's user do what it has to, by RBAC as everywhere.
func (p *provisioning) allow(ctx context.Context) error {
	var subjects []any
	for _, user := range contenderUsers() {
		subjects = append(subjects, map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user})
	}
	return p.apply(ctx, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/"+userName, map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
		"metadata": map[string]any{"name": userName},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
		"subjects": subjects,
	})
}

func writeAuditPolicy(path string, users []string) error {
	policy := fmt.Sprintf(`apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    users: ["%s"]
  - level: None
`, strings.Join(users, `", "`))
	if err := os.WriteFile(path, []byte(policy), 0o600); err != nil {
		return fmt.Errorf("write audit policy: %w", err)
	}
	return nil
}
