// Package storefront probes shops as a customer would.
//
// # Duties
//
// A probe is one GET, through the Service that the route leads to, with the store's
// host. Its result is a health.Answer, which package health judges. A Prober probes
// all the shops it was given, a few at a time: those that do not answer more often
// than those that do. It keeps the last answer of each in memory; the next leader
// starts without any.
//
// # Dangers
//
// A shop is not trusted, and whoever makes the provisioner send requests could reach
// what is out of their own reach. The address is that of the store's Service, and
// neither the Store nor an answer chooses another: a redirect is followed only to
// an address of the store itself, and there too the connection goes to the Service.
// No proxy is used, nothing that could identify the platform is sent, the
// answer's size and time are bounded, and nothing of its content is kept.
package storefront
