// Package manifest renders the platform's own Helm chart without a cluster and
// without a helm binary, for the plain manifests in artifacts and for tests.
//
// It owns no knowledge of the chart: what is rendered is what Helm would
// install, except that `lookup` finds nothing, as in `helm template`.
package manifest

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// Release is what one installation of a chart is rendered from.
type Release struct {
	// Chart is the chart's directory.
	Chart string
	// Values are files of values, the later over the earlier.
	Values []string
	// Override are values over those of all files.
	Override map[string]any
	// Name of the release.
	Name string
	// Namespace of the release.
	Namespace string
}

// Template is one rendered template of a chart.
type Template struct {
	// Name is the template's file name.
	Name string
	// Text is what it rendered: YAML documents.
	Text string
}

// Render returns the chart's rendered templates by name, without those that
// rendered nothing. NOTES.txt is among them.
func Render(release Release) ([]Template, error) {
	chart, err := loader.LoadDir(release.Chart)
	if err != nil {
		return nil, fmt.Errorf("load chart %s: %w", release.Chart, err)
	}
	overrides := map[string]any{}
	for _, file := range release.Values {
		values, err := common.ReadValuesFile(file)
		if err != nil {
			return nil, fmt.Errorf("read values %s: %w", file, err)
		}
		overrides = loader.MergeMaps(overrides, values)
	}
	overrides = loader.MergeMaps(overrides, release.Override)
	values, err := util.ToRenderValues(chart, overrides, common.ReleaseOptions{
		Name: release.Name, Namespace: release.Namespace, Revision: 1, IsInstall: true,
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("compose values: %w", err)
	}
	texts, err := engine.Engine{Strict: true}.RenderWithContext(context.Background(), chart, values)
	if err != nil {
		return nil, fmt.Errorf("render chart %s: %w", release.Chart, err)
	}
	var templates []Template
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := strings.TrimSpace(texts[name])
		if text == "" || strings.HasSuffix(name, ".tpl") {
			continue
		}
		templates = append(templates, Template{Name: path.Base(name), Text: text + "\n"})
	}
	return templates, nil
}
