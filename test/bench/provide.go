package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	discoverycache "k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/restmapper"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
)

// orderStores is ours: a Store is created, and watched until it is ready.
func (p *provisioning) orderStores(ctx context.Context) (*contender, error) {
	user, err := p.cluster.User(contenderUser(ours))
	if err != nil {
		return nil, err
	}
	client, err := versioned.NewForConfig(inProtobuf(user))
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	spec, _, err := p.spec()
	if err != nil {
		return nil, err
	}
	seen := newReadiness()
	if err := seen.watchStores(ctx, client); err != nil {
		return nil, err
	}
	return &contender{
		name: ours, prefix: v1alpha1.NamespacePrefix,
		accounts: []string{contenderUser(ours), accountOfServer, accountOfProvisioner},
		provide: func(ctx context.Context, shop string) error {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: shop}, Spec: spec}
			if _, err := client.PlatformV1alpha1().Stores().Create(ctx, store, metav1.CreateOptions{}); err != nil {
				return fmt.Errorf("create store: %w", err)
			}
			return seen.await(ctx, shop, []string{partStore})
		},
	}, nil
}

// applyObjects is the ceiling: the objects of a shop are applied one after the
// other, by a client that does nothing else, and their workloads are watched.
func (p *provisioning) applyObjects(ctx context.Context) (*contender, error) {
	user, err := p.cluster.User(contenderUser(ceiling))
	if err != nil {
		return nil, err
	}
	kube, err := kubernetes.NewForConfig(inProtobuf(user))
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	// Its answers are short: an applier needs no more.
	client, err := metadata.NewForConfig(user)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	model, err := p.renderShop()
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(discoverycache.NewMemCacheClient(kube.Discovery()))
	var parts []string
	resources := make([]schema.GroupVersionResource, len(model.objects))
	for n, object := range model.objects {
		mapping, err := mapper.RESTMapping(object.GroupVersionKind().GroupKind(), object.GroupVersionKind().Version)
		if err != nil {
			return nil, fmt.Errorf("find resource of %s: %w", object.GetKind(), err)
		}
		resources[n] = mapping.Resource
		switch object.GetKind() {
		case "Deployment", "StatefulSet", "Job":
			parts = append(parts, object.GetKind()+"/"+object.GetName())
		}
	}
	p.say("a shop has %d objects; its workloads are %s", len(model.objects), strings.Join(parts, ", "))
	seen := newReadiness()
	if err := seen.watchWorkloads(ctx, kube); err != nil {
		return nil, err
	}
	c := &contender{name: ceiling, prefix: "raw-", accounts: []string{contenderUser(ceiling)}}
	c.provide = func(ctx context.Context, shop string) error {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: c.prefix + shop, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
		}}
		if _, err := kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create namespace: %w", err)
		}
		force := true
		for n, object := range model.objects {
			body, err := text(object, namespace.Name, shop)
			if err != nil {
				return err
			}
			_, err = client.Resource(resources[n]).Namespace(namespace.Name).Patch(ctx, object.GetName(), types.ApplyPatchType,
				[]byte(body), metav1.PatchOptions{FieldManager: userName, Force: &force})
			if err != nil {
				return fmt.Errorf("apply %s %s: %w", object.GetKind(), object.GetName(), err)
			}
		}
		return seen.await(ctx, namespace.Name, parts)
	}
	return c, nil
}

// installCharts is what people use today: the same objects as a chart, installed
// by Helm's own program.
func (p *provisioning) installCharts(context.Context) (*contender, error) {
	if _, err := os.Stat(p.flags.helm); err != nil {
		return nil, fmt.Errorf("find Helm (build it with `make bench-provision`): %w", err)
	}
	if _, err := p.cluster.User(contenderUser(helm)); err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(p.cluster.Dir(), contenderUser(helm)+".kubeconfig")
	model, err := p.renderShop()
	if err != nil {
		return nil, err
	}
	chart := filepath.Join(p.temporary, "chart")
	if err := model.writeChart(chart); err != nil {
		return nil, err
	}
	// A home of its own: nothing of this user's plugins and caches.
	home := filepath.Join(p.temporary, "home")
	environment := append(os.Environ(), "HOME="+home, "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home,
		"KUBECONFIG="+kubeconfig)
	c := &contender{name: helm, prefix: "helm-", accounts: []string{contenderUser(helm)}}
	c.provide = func(ctx context.Context, shop string) error {
		command := exec.CommandContext(ctx, p.flags.helm, "upgrade", "--install", shop, chart,
			"--namespace", c.prefix+shop, "--create-namespace", "--wait", "--timeout", batchPatience.String())
		command.Env = environment
		if said, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("install %s: %w: %s", shop, err, bytes.TrimSpace(said))
		}
		return nil
	}
	return c, nil
}

// writeChart writes the shop as a chart whose release has the name of the shop.
func (s *parcel) writeChart(dir string) error {
	templates := filepath.Join(dir, "templates")
	if err := os.MkdirAll(templates, 0o700); err != nil {
		return fmt.Errorf("make chart: %w", err)
	}
	files := map[string]string{"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n"}
	for n, object := range s.objects {
		const namespace, name = "@namespace@", "@name@"
		body, err := text(object, namespace, name)
		if err != nil {
			return err
		}
		// Braces of the shop's own are no template.
		body = strings.ReplaceAll(body, "{{", `{{ "{{" }}`)
		body = strings.NewReplacer(namespace, "{{ .Release.Namespace }}", name, "{{ .Release.Name }}").Replace(body)
		files[filepath.Join("templates", fmt.Sprintf("%02d.yaml", n))] = body
	}
	var errs []error
	for name, content := range files {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	return nil
}
