// What a Kubernetes cluster does with a person's ID token, by its own modules: signs the person in as kubectl's
// plugins do, authenticates the token as kube-apiserver does, and refreshes it as kubectl does.
//
//	kubernetes ISSUER CA_FILE AUTHENTICATION_CONFIGURATION PORT
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
)

const clientID = "kubernetes"

// answer is what the browser is shown in the end.
type answer struct {
	// By --oidc-issuer-url and the other flags; by --authentication-config; by the latter after a refresh.
	ByFlags, ByConfiguration, Refreshed person
}

type person struct {
	Name   string
	UID    string
	Groups []string
	Extra  map[string][]string
}

func main() {
	issuer, caFile, configuration, port := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	ca, err := os.ReadFile(caFile)
	check(err)
	byFlags, err := authenticatorOfFlags(issuer, ca)
	check(err)
	byConfiguration, err := authenticatorOfFile(configuration)
	check(err)

	ctx := oidc.ClientContext(context.Background(), clientTrusting(ca))
	provider, err := oidc.NewProvider(ctx, issuer)
	check(err)
	app := oauth2.Config{
		ClientID:    clientID,
		Endpoint:    provider.Endpoint(),
		RedirectURL: fmt.Sprintf("http://127.0.0.1:%s/", port),
		Scopes:      []string{"openid", "email", "groups"},
	}
	verifier, state := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	http.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, app.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), http.StatusFound)
	})
	http.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		seen, err := func() (seen answer, err error) {
			if r.FormValue("state") != state {
				return seen, fmt.Errorf("%s: %s", r.FormValue("error"), r.FormValue("error_description"))
			}
			tokens, err := app.Exchange(ctx, r.FormValue("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				return seen, err
			}
			idToken := tokens.Extra("id_token").(string)
			if seen.ByFlags, err = authenticate(byFlags, idToken); err != nil {
				return seen, err
			}
			if seen.ByConfiguration, err = authenticate(byConfiguration, idToken); err != nil {
				return seen, err
			}
			if _, err := authenticate(byConfiguration, tokens.AccessToken); err == nil {
				return seen, fmt.Errorf("an access token signs in")
			}
			fresh, err := refreshedByKubectl(issuer, ca, tokens.RefreshToken)
			if err != nil {
				return seen, err
			}
			seen.Refreshed, err = authenticate(byConfiguration, fresh)
			return seen, err
		}()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(seen)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}

func authenticate(by authenticator.Token, token string) (person, error) {
	response, ok, err := by.AuthenticateToken(context.Background(), token)
	if err != nil || !ok {
		return person{}, fmt.Errorf("not authenticated: %v", err)
	}
	return personOf(response.User), nil
}

func personOf(info user.Info) person {
	return person{info.GetName(), info.GetUID(), info.GetGroups(), info.GetExtra()}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
