package program

import (
	"context"
	_ "time/tzdata" // time zones of CronJobs, on machines without a zone database

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go's metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // kubernetes_build_info
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanagerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxyapp "k8s.io/kubernetes/cmd/kube-proxy/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
)

// The commands are built inside the functions because building one registers
// feature gates and flags globally.

func kubeAPIServer() int { return run(apiserver.NewAPIServerCommand()) }

func controllerManager() int { return run(controllermanagerapp.NewControllerManagerCommand()) }

func scheduler() int { return run(schedulerapp.NewSchedulerCommand()) }

func kubelet() int { return run(kubeletapp.NewKubeletCommand(context.Background())) }

func kubeProxy() int { return run(proxyapp.NewProxyCommand()) }

func run(command *cobra.Command) int { return cli.Run(command) }
