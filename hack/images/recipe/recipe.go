package recipe

import (
	"context"

	"platform.example.io/stores/hack/images/archive"
)

// Recipe is one image.
type Recipe struct {
	// Name of the image's file, without its extension.
	Name string
	// Reference is the image's name for container runtimes.
	Reference string
	// Replaces is the image of an engine that it stands in for, where it is not
	// that image itself: an entry of the configuration's image.replacements.
	Replaces string
	// sources are directories below the repository's images that it is made of.
	sources []string
	build   func(ctx context.Context, b *Builder) (*archive.Image, error)
}

// All are the recipes, quick ones first.
var All = []Recipe{
	redis, postgres, mariadb, wordpress,
	medusa("medusa", medusaReleases[0]), medusa("medusa-"+medusaReleases[1], medusaReleases[1]),
}

// Build makes the image.
func (r Recipe) Build(ctx context.Context, b *Builder) (*archive.Image, error) {
	return r.build(ctx, b)
}
