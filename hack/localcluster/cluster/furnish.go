package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"platform.example.io/stores/hack/localcluster/aggregation"
	"platform.example.io/stores/hack/localcluster/component"
	"platform.example.io/stores/hack/localcluster/manifest"
	"platform.example.io/stores/hack/localcluster/node"
	"platform.example.io/stores/hack/localcluster/simulation"
)

// furnish puts into the running control plane what the options ask for: nodes,
// manifests, and the platform with its registration.
func (s *supervisor) furnish(ctx context.Context) error {
	options := s.blueprint.options
	config, err := clientcmd.BuildConfigFromFlags("", s.blueprint.state.Kubeconfig)
	if err != nil {
		return fmt.Errorf("read own kubeconfig: %w", err)
	}
	config.QPS = -1 // priority and fairness is throttle enough
	if err := settle(ctx, config, options.Bare); err != nil {
		return err
	}
	applier, err := manifest.NewApplier(config)
	if err != nil {
		return err
	}

	if options.has(component.Kwok) {
		began := time.Now()
		if err := applier.Apply(ctx, simulation.Objects(options.Nodes)); err != nil {
			return fmt.Errorf("create simulated nodes: %w", err)
		}
		if err := simulation.Await(ctx, config, options.Nodes, options.has(component.ControllerManager)); err != nil {
			return err
		}
		s.report("%d simulated nodes are ready (%s)", options.Nodes, since(began))
	}
	if options.RealNodes > 0 {
		if err := s.furnishNodes(ctx, config, applier); err != nil {
			return err
		}
	}
	for _, file := range options.Manifests {
		objects, err := manifest.Read(file)
		if err != nil {
			return err
		}
		if err := applier.Apply(ctx, objects); err != nil {
			return fmt.Errorf("apply %s: %w", file, err)
		}
		s.report("%s is applied (%d objects)", file, len(objects))
	}
	return s.register(ctx, applier)
}

// furnishNodes waits for the real nodes and gives them DNS, volumes and an ingress controller.
func (s *supervisor) furnishNodes(ctx context.Context, config *rest.Config, applier *manifest.Applier) error {
	began := time.Now()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("build client: %w", err)
	}
	var names []string
	for _, n := range s.blueprint.nodes {
		names = append(names, n.Name())
	}
	if err := node.AwaitReady(ctx, client, names); err != nil {
		return err
	}
	s.report("%d real nodes are ready (%s)", len(names), since(began))
	objects, err := node.Objects()
	if err != nil {
		return err
	}
	if err := applier.Apply(ctx, objects); err != nil {
		return err
	}
	if err := node.AwaitDeployments(ctx, client, objects); err != nil {
		return err
	}
	s.report("DNS, volumes and ingress are ready (%s); shops are reached at http://NAME.localtest.me:%s",
		since(began), portOf(s.blueprint.state.Ingress))
	return nil
}

// register starts the platform and puts it behind kube-apiserver, or takes away
// what an earlier run with a platform left there.
func (s *supervisor) register(ctx context.Context, applier *manifest.Applier) error {
	index := slices.IndexFunc(s.blueprint.state.Components, isPlatform)
	if index < 0 {
		// A registration without its server would stop every namespace deletion.
		return aggregation.Unregister(ctx, applier)
	}
	platform := s.blueprint.state.Components[index]
	ca, err := os.ReadFile(platform.Health.CAFile)
	if err != nil {
		return fmt.Errorf("read serving authority: %w", err)
	}
	if err := aggregation.EnsureNamespace(ctx, applier); err != nil {
		return err
	}
	began := time.Now()
	if err := s.launch(platform); err != nil {
		return err
	}
	// Registered before it is ready: its provisioner reaches stores through
	// kube-apiserver, and may be part of what readiness waits for.
	registration := aggregation.Registration(s.blueprint.ports.given[PlatformName], ca)
	if err := applier.Apply(ctx, registration); err != nil {
		return err
	}
	if err := s.keepers[len(s.keepers)-1].awaitHealthy(ctx); err != nil {
		return err
	}
	s.report("%s is ready (%s)", PlatformName, since(began))
	if err := aggregation.Await(ctx, applier); err != nil {
		return err
	}
	s.report("%s is available (%s)", aggregation.APIService, since(began))
	return nil
}
