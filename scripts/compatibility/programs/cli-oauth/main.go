// Signs a person in on the command line with the library of GitHub's gh: cli ISSUER CLIENT_ID
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/cli/oauth"
)

func main() {
	issuer, clientID := os.Args[1], os.Args[2]
	flow := &oauth.Flow{
		// It has no discovery.
		Host: &oauth.Host{
			DeviceCodeURL: issuer + "/device_authorization",
			AuthorizeURL:  issuer + "/authorize",
			TokenURL:      issuer + "/token",
		},
		ClientID: clientID,
		Scopes:   []string{"openid", "profile"},
		DisplayCode: func(code, url string) error {
			fmt.Printf("enter %s at %s\n", code, url)
			return nil
		},
		BrowseURL: func(string) error { return nil },
	}
	token, err := flow.DeviceFlow()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s token for %s: %s\n", token.Type, token.Scope, token.Token)
}
