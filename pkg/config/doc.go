// Package config is the platform's configuration file: one versioned document
// of plain data, its defaults and its validation.
//
// It owns what differs between installations (domains, routing, classes,
// registries, limits) and nothing that differs between stores. It imports
// nothing of the platform and reads no environment, so that a configuration
// means the same in every component and in every test.
//
// Danger: two components that run with different files render different shops
// and correct each other for ever. Give the API servers and the provisioner the
// same one.
package config
