package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"platform.example.io/stores/test/controlplane"
)

// userName is the user whose requests are measured.
const userName = "bench"

// patience bounds waiting. It is used up by what is broken only.
const patience = 2 * time.Minute

// start brings up the control plane with our server on it, and what is measured
// beside Stores.
func (b *bench) start(ctx context.Context) error {
	dir := b.options.keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "bench-"); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
		b.temporary = dir
	}
	launcher, err := writeLauncher(dir, b.options.server, b.options.serverArgs)
	if err != nil {
		return err
	}
	manifests := filepath.Join(b.options.root, "artifacts", "apiservice")
	b.say("starting the control plane in %s", dir)
	b.cluster, err = controlplane.Run(ctx, controlplane.Options{
		Dir: dir,
		// Controllers would work on the namespaces. Deletion, which needs one, is
		// not measured.
		Components: []string{controlplane.Etcd, controlplane.KubeAPIServer},
		Nodes:      controlplane.NoNodes,
		// The test cluster's audit log has Stores only.
		KubeAPIServerArgs: []string{"--audit-policy-file=", "--audit-log-path="},
		Manifests:         []string{filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac.yaml")},
		Platform:          launcher,
		PlatformConfig:    filepath.Join(b.options.root, "hack", "platform.yaml"),
		// A Store that is provisioned changes while it is measured.
		PlatformArgs: []string{"--provisioner=off", "--provisioner-kubeconfig="},
	})
	if err != nil {
		return err
	}
	return b.furnish(ctx)
}

// stop ends the control plane, and removes it unless it is to be kept.
func (b *bench) stop() error {
	var err error
	if b.cluster != nil {
		err = b.cluster.Stop()
	}
	if b.temporary != "" {
		err = errors.Join(err, os.RemoveAll(b.temporary))
	}
	return err
}

// furnish adds the custom resource and the user's rights.
func (b *bench) furnish(ctx context.Context) error {
	if err := b.connect(); err != nil {
		return err
	}
	definition, err := b.definition(ctx)
	if err != nil {
		return err
	}
	const rbac = "/apis/rbac.authorization.k8s.io/v1/"
	for path, object := range map[string]any{
		"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + copyPlural + "." + copyGroup: definition,
		rbac + "clusterroles/" + userName:        clusterRole(),
		rbac + "clusterrolebindings/" + userName: clusterRoleBinding(),
	} {
		if err := b.apply(ctx, path, object); err != nil {
			return err
		}
	}
	if b.content, err = b.loadContent(ctx); err != nil {
		return err
	}
	return b.awaitAccess(ctx)
}

// apply writes an object of ours, whether it is there or not.
func (b *bench) apply(ctx context.Context, path string, object any) error {
	body, err := encode(object)
	if err != nil {
		return err
	}
	return b.admin.json(ctx, request{
		method: http.MethodPatch, path: path + "?force=true&fieldManager=" + userName,
		contentType: typeApply, body: body,
	}, nil)
}

// awaitAccess waits until the user is answered about every kind.
func (b *bench) awaitAccess(ctx context.Context) error {
	for _, k := range kinds {
		err := b.eventually(ctx, func(ctx context.Context) error {
			return b.user.json(ctx, request{path: k.list(url.Values{"limit": {"1"}})}, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eventually tries until something succeeds.
func (b *bench) eventually(ctx context.Context, try func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = try(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait: %w (last: %v)", err, last)
	}
	return nil
}

func clusterRole() any {
	rule := func(group string, resources ...string) map[string]any {
		return map[string]any{
			"apiGroups": []string{group}, "resources": resources,
			"verbs": []string{"get", "list", "watch", "create", "patch"},
		}
	}
	return map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
		"metadata": map[string]any{"name": userName},
		"rules": []any{
			rule("platform.example.io", "stores", "stores/status"),
			rule(copyGroup, copyPlural, copyStatus),
			rule("", "namespaces"),
		},
	}
}

func clusterRoleBinding() any {
	return map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
		"metadata": map[string]any{"name": userName},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": userName},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": userName}},
	}
}

// The launcher stands between the control plane's supervisor, which starts our
// server with the same arguments for ever, and the server, which runs with
// others after a restart.
const (
	launcherFile = "bench-apiserver"
	argsFile     = "bench-args"
)

func writeLauncher(dir, server string, args []string) (string, error) {
	server, err := filepath.Abs(server)
	if err != nil {
		return "", fmt.Errorf("find our server: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", fmt.Errorf("find directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	if err := writeArgs(dir, args); err != nil {
		return "", err
	}
	script := fmt.Sprintf(`#!/bin/sh
while read -r argument; do set -- "$@" "$argument"; done < '%s'
exec '%s' "$@"
`, filepath.Join(dir, argsFile), server)
	path := filepath.Join(dir, launcherFile)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		return "", fmt.Errorf("write launcher: %w", err)
	}
	return path, nil
}

func writeArgs(dir string, args []string) error {
	text := ""
	if len(args) > 0 {
		text = strings.Join(args, "\n") + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, argsFile), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write arguments: %w", err)
	}
	return nil
}

// restartServer starts our server again with other arguments.
func (b *bench) restartServer(ctx context.Context, args []string) error {
	b.say("starting our server again %v", args)
	if err := writeArgs(b.cluster.Dir(), args); err != nil {
		return err
	}
	if err := b.cluster.Restart(ctx, controlplane.Platform); err != nil {
		return err
	}
	return b.awaitAccess(ctx)
}
