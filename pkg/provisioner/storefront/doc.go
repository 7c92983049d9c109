// Package storefront asks shops, as a customer would, whether they answer.
//
// # Duties
//
// One shop is asked with one GET, through the Service that the route leads to, in
// the name of the store's host. What came of it is a health.Answer, which package
// health judges. A Prober asks all the shops it was given, a few at a time: one
// that answers now and then, one that does not sooner. It keeps the last answer of
// each in memory; a successor asks anew.
//
// # Dangers
//
// A shop is not trusted, and who can make somebody else send requests reaches what
// is out of his own reach. The address asked is that of the store's Service, and
// neither the Store nor an answer chooses another: a redirect is followed only to
// an address of the store itself, and there too the connection goes to the Service.
// No proxy is asked the way, nothing that could identify the platform is sent, the
// answer's size and time are bounded, and nothing of its content is kept.
package storefront
