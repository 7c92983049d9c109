// Command apiserver serves stores.platform.example.io, and provisions them.
package main

import (
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"            // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/restclient" // metrics of requests to kube-apiserver
	_ "k8s.io/component-base/metrics/prometheus/version"    // build information
	_ "k8s.io/component-base/metrics/prometheus/workqueue"  // metrics of the provisioner's queue

	"platform.example.io/stores/cmd/apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewCommand(genericapiserver.SetupSignalContext())))
}
