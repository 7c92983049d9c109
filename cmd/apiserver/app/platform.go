package app

import (
	"fmt"

	"github.com/spf13/pflag"

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
	return platform, engines, nil
}
