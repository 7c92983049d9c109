package health

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Outlook says where a part of the store is heading, which its condition's
// status alone does not tell.
type Outlook int

const (
	// Settled is as the spec says.
	Settled Outlook = iota
	// Working is on its way; nothing is wrong.
	Working
	// Broken is wrong and may come right by itself.
	Broken
	// Stalled stays as it is until somebody changes something.
	Stalled
)

// Verdict is what a condition says.
type Verdict struct {
	// Status of the condition.
	Status metav1.ConditionStatus
	// Reason is one of the Reason constants, or one of the caller's.
	Reason string
	// Message says what to do next.
	Message string
	// Outlook of the part the condition is about.
	Outlook Outlook
}

// messageLimit bounds messages: parts of them come from other programs.
const messageLimit = 600

// Holds returns the verdict of a condition that is true.
func Holds(format string, args ...any) Verdict {
	return Verdict{Status: metav1.ConditionTrue, Reason: ReasonReady, Message: message(format, args), Outlook: Settled}
}

// Fails returns the verdict of a condition that is false.
func Fails(outlook Outlook, reason, format string, args ...any) Verdict {
	return Verdict{Status: metav1.ConditionFalse, Reason: reason, Message: message(format, args), Outlook: outlook}
}

func message(format string, args []any) string {
	return bounded(fmt.Sprintf(format, args...), messageLimit)
}

// bounded puts a text on one line and cuts it between characters.
func bounded(text string, limit int) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) <= limit {
		return text
	}
	const ellipsis = "..."
	end := 0
	for at := range text {
		if at > limit-len(ellipsis) {
			break
		}
		end = at
	}
	return text[:end] + ellipsis
}

// sentence ends a text that comes from elsewhere, so that ours can follow it.
func sentence(text string) string {
	text = strings.TrimRight(bounded(text, messageLimit/2), " .\n")
	if text == "" {
		return ""
	}
	return text + "."
}

// worst returns the verdict with the gravest outlook; the first of equals. What is
// unknown is nobody's fault.
func worst(verdicts []Verdict) (Verdict, bool) {
	var found Verdict
	any := false
	for _, verdict := range verdicts {
		if verdict.Status == metav1.ConditionFalse && (!any || verdict.Outlook > found.Outlook) {
			found, any = verdict, true
		}
	}
	return found, any
}
