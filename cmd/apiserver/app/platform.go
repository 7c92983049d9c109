package app

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/klog/v2"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// PlatformOptions locate the platform's configuration.
type PlatformOptions struct {
	// ConfigFile is the path of a PlatformConfiguration.
	ConfigFile string
}

func (o *PlatformOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.ConfigFile, "config", o.ConfigFile,
		"File with the PlatformConfiguration (docs/configuration.md). Without it all defaults hold, which suit a local cluster.")
}

// load reads the configuration and the engines it names.
func (o *PlatformOptions) load() (*config.PlatformConfiguration, *engine.Catalogue, error) {
	platform := config.Default()
	if o.ConfigFile != "" {
		var err error
		if platform, err = config.Load(o.ConfigFile); err != nil {
			return nil, nil, err
		}
	}
	engines, err := engine.Load(charts.Files, platform.EngineDirectory)
	if err != nil {
		return nil, nil, fmt.Errorf("load engines: %w", err)
	}
	if errs := engines.CheckSecrets(platform); len(errs) > 0 {
		return nil, nil, fmt.Errorf("compare platform configuration %s with the installed engines: %w", o.ConfigFile, errs.ToAggregate())
	}
	for _, reference := range slices.Sorted(maps.Keys(platform.Image.Replacements)) {
		// No error: one that an engine's next revision made needless stops no upgrade.
		if !engines.HasImage(reference) {
			klog.Background().Info("No engine has the image that image.replacements replaces; see that it is spelt as in engine.yaml", "image", reference)
		}
	}
	return platform, engines, nil
}
