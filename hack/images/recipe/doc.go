// Package recipe says what is in each image, and makes it.
package recipe
