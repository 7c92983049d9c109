// Package health judges one store: from the objects that were observed of it to
// the conditions, the phase and the next step that its status shows.
//
// Each condition is an ordered list of small checks; the first that fails gives
// the reason and the message. Conditions are user interface: a reason is for
// programs and never changes its meaning, a message is for people, says what to
// do next, and is the same for the same state (sorted, bounded, without times or
// counters), so that nothing is written while nothing happens.
//
// It is pure: no client, no clock, no logger. The time is a value of the
// Observation.
//
// Danger: a check that reads something volatile (an age, a retry count) turns
// into a status write for every store at every event.
package health
