// Package server assembles the aggregated API server: the scheme, the generic
// server, the two registries, and the controllers that start and stop with it.
//
// It decides nothing about Stores. What it owns is the order in which things
// are built, when the server may call itself ready, and how it stops.
package server
