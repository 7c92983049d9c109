package engine

import (
	"maps"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"unicode"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ownHeaders are those by which the platform says who asks, and for whom, and what
// frames the request.
var ownHeaders = []string{
	"Host", "User-Agent", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-For", "Forwarded",
	"Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "Te", "Expect",
}

func (s Storefront) validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch parsed, err := url.ParseRequestURI(s.Path); {
	case s.Path == "":
		errs = append(errs, field.Required(path.Child("path"), "what the shop is asked for"))
	case err != nil, !strings.HasPrefix(s.Path, "/"), strings.HasPrefix(s.Path, "//"), strings.Contains(s.Path, "#"), parsed.Host != "":
		errs = append(errs, field.Invalid(path.Child("path"), s.Path, "must be a path of the shop, such as /products?limit=1"))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		at := path.Child("headers").Key(name)
		if len(utilvalidation.IsHTTPHeaderName(name)) > 0 || slices.Contains(ownHeaders, textproto.CanonicalMIMEHeaderKey(name)) {
			errs = append(errs, field.Invalid(at, name, "must be the name of a header that the platform does not set"))
		}
		if strings.ContainsFunc(s.Headers[name], unicode.IsControl) {
			errs = append(errs, field.Invalid(at, s.Headers[name], "must be one line of text"))
		}
	}
	if len(s.Statuses) == 0 {
		errs = append(errs, field.Required(path.Child("statuses"), "those of a good answer"))
	}
	for i, status := range s.Statuses {
		if status < 200 || status > 499 || status/100 == 3 {
			errs = append(errs, field.Invalid(path.Child("statuses").Index(i), status, "must be between 200 and 499 and no redirect"))
		}
	}
	return errs
}
