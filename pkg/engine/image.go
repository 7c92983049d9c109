package engine

import "platform.example.io/stores/pkg/config"

// reference is where an installation pulls the image from: its replacement, if
// it has one, or its path in the mirror, or where it is published.
func (i Image) reference(from *config.Image) string {
	published := i.published()
	if replacement, replaced := from.Replacements[published]; replaced {
		return replacement
	}
	if from.Registry != "" {
		return imageReference(from.Registry, i.Repository, i.Tag)
	}
	return published
}

// published is the reference by which a configuration means this image.
func (i Image) published() string {
	return imageReference(i.Registry, i.Repository, i.Tag)
}

func imageReference(registry, repository, tag string) string {
	if registry != "" {
		repository = registry + "/" + repository
	}
	return repository + ":" + tag
}
