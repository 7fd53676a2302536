// A service that gets tokens for itself, or a device that a person connects: jobs service|device
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	ctx, issuer := context.Background(), os.Getenv("ISSUER")
	if os.Args[1] == "service" {
		config := clientcredentials.Config{
			ClientID:     os.Getenv("CLIENT_ID"),
			ClientSecret: os.Getenv("CLIENT_SECRET"),
			TokenURL:     issuer + "/token",
			Scopes:       []string{"orders:read"},
		}
		// Gets a token when it needs one, and the next when that has expired.
		answer(config.Client(ctx).Get(os.Getenv("API")))
		return
	}

	config := oauth2.Config{
		ClientID: os.Getenv("CLIENT_ID"),
		Endpoint: oauth2.Endpoint{
			DeviceAuthURL: issuer + "/device_authorization",
			TokenURL:      issuer + "/token",
		},
		Scopes: []string{"openid", "profile", "offline_access"},
	}
	device, err := config.DeviceAuth(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("open %s\n", device.VerificationURIComplete)
	token, err := config.DeviceAccessToken(ctx, device)
	if err != nil {
		log.Fatal(err)
	}
	answer(config.Client(ctx, token).Get(issuer + "/userinfo"))
}

func answer(response *http.Response, err error) {
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d %s\n", response.StatusCode, body)
}
