// Package store serves Stores through the generic registry: what a write may
// change (strategies), what it must satisfy (catalogue, hosts), how a Store is
// selected and shown as a table.
//
// The verbs are upstream's. It knows nothing of namespaces: nsstorage does.
package store
