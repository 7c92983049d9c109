// Package validation checks Stores by themselves: what tags on the types cannot
// say, and nothing that needs a catalogue, a configuration or another Store.
//
// A field that an update leaves alone is never checked again: a value that was
// valid once must stay writable after rules have become stricter.
package validation

import (
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	apimachineryvalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
)

// MaxNameLength is the longest name of a Store in characters: `store-<name>`
// must be a DNS label, which has 63.
const MaxNameLength = utilvalidation.DNS1123LabelMaxLength - len("store-")

// ValidateName checks the name of a Store. A prefix is a generateName.
func ValidateName(name string, prefix bool) []string {
	problems := apimachineryvalidation.NameIsDNSLabel(name, prefix)
	if len(name) > MaxNameLength {
		problems = append(problems, utilvalidation.MaxLenError(MaxNameLength))
	}
	return problems
}

// ValidateStore checks a new Store.
func ValidateStore(store *stores.Store) field.ErrorList {
	errs := apimachineryvalidation.ValidateObjectMeta(&store.ObjectMeta, false, ValidateName, field.NewPath("metadata"))
	errs = append(errs, validateText(store, nil)...)
	return append(errs, validateSpec(&store.Spec, nil)...)
}

// ValidateStoreUpdate checks an update of a Store.
func ValidateStoreUpdate(updated, stored *stores.Store) field.ErrorList {
	errs := apimachineryvalidation.ValidateObjectMetaUpdate(&updated.ObjectMeta, &stored.ObjectMeta, field.NewPath("metadata"))
	errs = append(errs, validateText(updated, stored)...)
	errs = append(errs, validateSpec(&updated.Spec, &stored.Spec)...)
	return append(errs, validateGrowth(updated.Spec.Storage, stored, field.NewPath("spec", "storage"))...)
}

// writtenPhases are the phases that can be written. Invalid and Terminating are
// derived when a Store is read.
var writtenPhases = []stores.StorePhase{
	stores.StorePending,
	stores.StoreProvisioning,
	stores.StoreReady,
	stores.StoreDegraded,
	stores.StoreFailed,
	stores.StoreSuspended,
}

// ValidateStoreStatusUpdate checks a status that the platform writes.
func ValidateStoreStatusUpdate(updated, stored *stores.Store) field.ErrorList {
	errs := apimachineryvalidation.ValidateObjectMetaUpdate(&updated.ObjectMeta, &stored.ObjectMeta, field.NewPath("metadata"))
	if phase := updated.Status.Phase; phase != "" && phase != stored.Status.Phase && !slices.Contains(writtenPhases, phase) {
		errs = append(errs, field.NotSupported(field.NewPath("status", "phase"), phase, writtenPhases))
	}
	if !equality.Semantic.DeepEqual(updated.Status.Conditions, stored.Status.Conditions) {
		errs = append(errs, metav1validation.ValidateConditions(updated.Status.Conditions, field.NewPath("status", "conditions"))...)
	}
	return errs
}

func validateSpec(spec, stored *stores.StoreSpec) field.ErrorList {
	if stored == nil {
		stored = &stores.StoreSpec{}
	}
	path := field.NewPath("spec")
	var errs field.ErrorList
	if spec.DisplayName != stored.DisplayName {
		errs = append(errs, validateDisplayName(spec.DisplayName, path.Child("displayName"))...)
	}
	for i, host := range spec.Hosts {
		if !slices.Contains(stored.Hosts, host) {
			errs = append(errs, validateHost(host, path.Child("hosts").Index(i))...)
		}
	}
	for i, volume := range spec.Storage {
		if slices.ContainsFunc(stored.Storage, func(s stores.VolumeStorage) bool { return equality.Semantic.DeepEqual(s, volume) }) {
			continue
		}
		errs = append(errs, validateVolume(volume, path.Child("storage").Index(i))...)
	}
	if spec.AdminCredentialsRotation != stored.AdminCredentialsRotation {
		errs = append(errs, validateRotation(spec.AdminCredentialsRotation, path.Child("adminCredentialsRotation"))...)
	}
	if !equality.Semantic.DeepEqual(spec.Parameters, stored.Parameters) {
		errs = append(errs, validateParameters(spec.Parameters, path.Child("parameters"))...)
	}
	return errs
}

func validateDisplayName(name string, path *field.Path) field.ErrorList {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return field.ErrorList{field.Invalid(path, name, "must not contain control characters such as line breaks")}
	}
	if strings.TrimSpace(name) != name {
		return field.ErrorList{field.Invalid(path, name, "must not begin or end with white space")}
	}
	return nil
}

// rotationPattern has nothing in it that an environment variable or a script could
// take for more than text. Dates as RFC 3339 writes them fit.
var rotationPattern = regexp.MustCompile(`^[A-Za-z0-9._:+-]*$`)

func validateRotation(value string, path *field.Path) field.ErrorList {
	if !rotationPattern.MatchString(value) {
		return field.ErrorList{field.Invalid(path, strings.ToValidUTF8(value, string(utf8.RuneError)), "must consist of letters, digits and the characters . _ : + -, such as 2026-11-28T12:00:00Z")}
	}
	return nil
}

func validateHost(host string, path *field.Path) field.ErrorList {
	if net.ParseIP(host) != nil {
		return field.ErrorList{field.Invalid(path, host, "must be a DNS name, not an IP address")}
	}
	if problems := utilvalidation.IsDNS1123Subdomain(host); len(problems) > 0 {
		return field.ErrorList{field.Invalid(path, host, strings.Join(problems, "; "))}
	}
	for label := range strings.SplitSeq(host, ".") {
		if problems := utilvalidation.IsDNS1123Label(label); len(problems) > 0 {
			return field.ErrorList{field.Invalid(path, host, fmt.Sprintf("the part %q %s", label, strings.Join(problems, "; ")))}
		}
	}
	if !strings.Contains(host, ".") {
		return field.ErrorList{field.Invalid(path, host, "must be a fully qualified name, such as shop.example.com")}
	}
	return nil
}

func validateVolume(volume stores.VolumeStorage, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if volume.VolumeSize != nil && volume.VolumeSize.Sign() <= 0 {
		errs = append(errs, field.Invalid(path.Child("size"), volume.VolumeSize.String(), "must be greater than zero"))
	}
	if volume.StorageClassName != nil {
		for _, problem := range utilvalidation.IsDNS1123Subdomain(*volume.StorageClassName) {
			errs = append(errs, field.Invalid(path.Child("storageClassName"), *volume.StorageClassName, problem))
		}
	}
	return errs
}

func validateParameters(parameters *stores.JSONObject, path *field.Path) field.ErrorList {
	if parameters == nil || len(parameters.Raw) == 0 {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(parameters.Raw, &object); err != nil {
		return field.ErrorList{field.Invalid(path, string(parameters.Raw), "must be an object")}
	}
	// A list with 1e999 in it cannot be read by clients that have no type for it.
	var readable any
	if err := json.Unmarshal(parameters.Raw, &readable); err != nil {
		return field.ErrorList{field.Invalid(path, string(parameters.Raw), "must hold no number that is out of range")}
	}
	return nil
}
