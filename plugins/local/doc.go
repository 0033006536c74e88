// Package local is the local user database, a plugin: it authenticates the users
// that an administrator keeps with `pptpac users`, proves them to remote servers,
// and writes accounting records to a file.
//
// Everything lives in the plugin's state directory:
//
//	users.db           users and what is known of their last sessions (bbolt)
//	users.key          the key that seals passwords, made at first use
//	accounting.jsonl   one accounting record per line; older ones in .1, .2, ...
//
// A user is kept with the NT hash of the password, which is enough for PAP,
// MS-CHAPv1 with 128 bits and MS-CHAPv2, or with the password itself, which
// CHAP-MD5 and MS-CHAPv1 with 40 or 56 bits need. Either is sealed with
// AES-256-GCM, bound to the user's name.
package local
