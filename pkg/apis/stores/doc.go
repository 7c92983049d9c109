// Package stores holds the internal form of the stores API: the one that
// strategies and validation work on, independent of any published version.
//
// It imports nothing of ours. Conversions to and from a published version are
// generated into that version's package.
//
// +k8s:deepcopy-gen=package
// +groupName=platform.example.io
package stores
