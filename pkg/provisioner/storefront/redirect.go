package storefront

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
)

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow returns the page that a redirect leads to where that is the store's own
// and another than the last; otherwise, for people, where it leads instead:
// nothing for a circle.
//
// Another scheme or port is elsewhere, too: that is where customers would be sent,
// and the platform routes them to the shop at its own scheme and port only.
func follow(target Target, last page, location string) (next page, elsewhere string, ok bool) {
	base := &url.URL{Scheme: target.Scheme, Host: last.host}
	at, err := base.Parse(location)
	if err != nil || location == "" || at.Opaque != "" {
		return page{}, "nowhere", false
	}
	host := authority(at)
	if at.Scheme != target.Scheme || !slices.Contains(target.Hosts, host) {
		return page{}, describe(at.Scheme, host), false
	}
	next = page{host, at.RequestURI()}
	if next == last {
		return page{}, "", false
	}
	return next, "", true
}

// authority is the host of a URL with the port, where that is not the scheme's own.
func authority(at *url.URL) string {
	host, port := strings.ToLower(at.Hostname()), at.Port()
	if port == "" || at.Scheme == "http" && port == "80" || at.Scheme == "https" && port == "443" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// describe tells people of an address that a shop wrote, if it is one: it ends up in
// the store's status.
func describe(scheme, host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	isName := len(utilvalidation.IsDNS1123Subdomain(name)) == 0 || net.ParseIP(name) != nil
	if !isName || scheme != "http" && scheme != "https" {
		return "another place"
	}
	return scheme + "://" + host
}
