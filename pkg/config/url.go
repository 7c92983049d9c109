package config

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// DefaultHost returns the host that a Store has by its name.
func (c *PlatformConfiguration) DefaultHost(storeName string) string {
	return storeName + "." + c.BaseDomain
}

// URL returns the address at which customers reach a host.
func (c *PlatformConfiguration) URL(host string) string {
	if c.Port != 0 && c.Port != c.Scheme.port() {
		host = net.JoinHostPort(host, strconv.Itoa(int(c.Port)))
	}
	return string(c.Scheme) + "://" + host
}

// Reserved tells whether a Store may not have this name.
func (c *PlatformConfiguration) Reserved(name string) bool {
	return slices.Contains(c.ReservedNames, name)
}

// UnderBaseDomain tells whether a host is the base domain or below it, where
// only default hosts may be.
func (c *PlatformConfiguration) UnderBaseDomain(host string) bool {
	return host == c.BaseDomain || strings.HasSuffix(host, "."+c.BaseDomain)
}

func (s Scheme) port() int32 {
	if s == HTTPS {
		return 443
	}
	return 80
}
