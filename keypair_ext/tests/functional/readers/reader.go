// SPDX-License-Identifier: Apache-2.0

// Prints the public half of the private key on standard input, as who uses
// gophercloud reads it.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"golang.org/x/crypto/ssh"
)

func main() {
	pem, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", ssh.MarshalAuthorizedKey(key.PublicKey()))
}
