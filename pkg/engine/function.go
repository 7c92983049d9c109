package engine

import (
	"fmt"
	"maps"
	"text/template"
)

// functions are those that differ from Helm's.
var functions = func() template.FuncMap {
	functions := maps.Clone(impure)
	functions["toJson"], functions["mustToJson"] = toJSON, toJSON
	return functions
}()

// impure replaces the template functions whose result is not decided by their
// arguments, or that make templates of values. A chart that calls one does not
// render: the alternative is a shop that is corrected on every resync.
var impure = refuse(
	"tpl", "lookup", "getHostByName",
	"now", "date", "dateInZone", "date_in_zone", "dateModify", "date_modify", "mustDateModify", "must_date_modify",
	"ago", "htmlDate", "htmlDateInZone", "toDate", "mustToDate", "unixEpoch",
	"randAlpha", "randAlphaNum", "randNumeric", "randAscii", "randBytes", "randInt", "shuffle", "uuidv4",
	"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
	"genSignedCert", "genSignedCertWithKey", "derivePassword", "bcrypt", "htpasswd", "encryptAES",
	// Maps have no order; sprig returns theirs in the order of the moment.
	"keys", "values",
)

func refuse(names ...string) template.FuncMap {
	functions := template.FuncMap{}
	for _, name := range names {
		functions[name] = func(...any) (string, error) {
			return "", fmt.Errorf("%s is not available: a rendering depends on its values only", name)
		}
	}
	return functions
}
