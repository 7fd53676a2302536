// A program on a person's own machine (RFC 8252).
//
//	shop sign-in   receives the response on a loopback address
//	shop open      has it come back by a private-use scheme, for which the system starts the next
//	shop URL       takes such a response
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const scheme = "com.example.shop"

// What one sign-in has to remember.
type attempt struct{ State, Nonce, Verifier string }

var (
	provider *oidc.Provider
	config   oauth2.Config
)

func main() {
	ctx := context.Background()
	var err error
	if provider, err = oidc.NewProvider(ctx, os.Getenv("ISSUER")); err != nil {
		log.Fatal(err)
	}
	config = oauth2.Config{
		ClientID: os.Getenv("CLIENT_ID"), // And no secret: whoever has the program would have it.
		Endpoint: provider.Endpoint(),
		Scopes:   []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess},
	}
	config.RedirectURL = scheme + ":/callback"
	switch command := os.Args[1]; command {
	case "sign-in":
		err = signIn(ctx)
	case "open":
		begun := begin()
		if err = save(begun); err == nil {
			fmt.Println("open", addressOf(begun))
		}
	default:
		err = resume(ctx, command)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func signIn(ctx context.Context) error {
	// Any free port: the issuer compares all of a loopback redirect URI but its port.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	config.RedirectURL = fmt.Sprintf("http://%s/callback", listener.Addr())
	begun, answers := begin(), make(chan url.Values, 1)
	fmt.Println("open", addressOf(begun)) // In the system's browser, not in a window of the program.
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/callback" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "You can close this window.")
		answers <- r.URL.Query()
	}))
	return finish(ctx, begun, <-answers)
}

func resume(ctx context.Context, response string) error {
	address, err := url.Parse(response)
	if err != nil || address.Scheme != scheme {
		return errors.New("not a response to a sign-in")
	}
	begun, err := load()
	if err != nil {
		return err
	}
	return finish(ctx, begun, address.Query())
}

func begin() attempt {
	return attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
}

func addressOf(begun attempt) string {
	return config.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier),
		oauth2.SetAuthURLParam("prompt", "consent"))
}

func finish(ctx context.Context, begun attempt, answer url.Values) error {
	if answer.Get("state") != begun.State {
		return errors.New("the response is to another sign-in")
	}
	if code := answer.Get("error"); code != "" {
		return errors.New(code + ": " + answer.Get("error_description"))
	}
	// RFC 9207: the response is of this issuer, and not of another that the program knows.
	if answer.Get("iss") != os.Getenv("ISSUER") {
		return errors.New("the response is of another issuer")
	}
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	idToken, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return err
	}
	if idToken.Nonce != begun.Nonce {
		return errors.New("the ID token is of another sign-in")
	}
	var person struct{ Name string }
	if err := idToken.Claims(&person); err != nil {
		return err
	}
	// Keep token.RefreshToken in the system's keychain; each refresh brings the next one.
	next, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		return err
	}
	fmt.Printf("hello %s; refreshed: %t\n", person.Name, next.RefreshToken != token.RefreshToken)
	return nil
}

func save(begun attempt) error {
	text, err := json.Marshal(begun)
	if err != nil {
		return err
	}
	return os.WriteFile("sign-in.json", text, 0o600)
}

// Once only.
func load() (begun attempt, err error) {
	text, err := os.ReadFile("sign-in.json")
	if err != nil {
		return begun, err
	}
	if err := os.Remove("sign-in.json"); err != nil {
		return begun, err
	}
	return begun, json.Unmarshal(text, &begun)
}
