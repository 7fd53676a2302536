// What Grafana's generic OAuth does with the [auth.generic_oauth] of grafana.ini, by the libraries that it uses: the
// file is read by ini.v1, the person signs in by x/oauth2, and the paths are JMESPath, looked up in the ID token
// and then in the response of api_url.
//
//	grafana GRAFANA_INI ORIGIN PORT
//
// OIDC_CLIENT_SECRET is in the environment. Grafana itself is not in the Go module proxy.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jmespath-community/go-jmespath"
	"golang.org/x/oauth2"
	"gopkg.in/ini.v1"
)

func main() {
	file, err := ini.Load(os.Args[1])
	check(err)
	section := file.Section("auth.generic_oauth")
	setting := func(name string) string { return section.Key(name).String() }
	app := oauth2.Config{
		ClientID:     setting("client_id"),
		ClientSecret: os.Getenv("OIDC_CLIENT_SECRET"),
		Scopes:       strings.Fields(setting("scopes")),
		RedirectURL:  os.Args[2] + "/login/generic_oauth",
		Endpoint:     oauth2.Endpoint{AuthURL: setting("auth_url"), TokenURL: setting("token_url")},
	}
	verifier, state := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	http.HandleFunc("/login/generic_oauth", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("code") == "" {
			http.Redirect(w, r, app.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), http.StatusFound)
			return
		}
		seen, err := func() (map[string]any, error) {
			if r.FormValue("state") != state {
				return nil, fmt.Errorf("another state")
			}
			token, err := app.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				return nil, err
			}
			// use_refresh_token: as when the access token has expired.
			if section.Key("use_refresh_token").MustBool() {
				expired := &oauth2.Token{RefreshToken: token.RefreshToken, Expiry: time.Now().Add(-time.Hour)}
				if token, err = app.TokenSource(r.Context(), expired).Token(); err != nil {
					return nil, err
				}
			}
			return person(r.Context(), app, token, setting)
		}()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(seen)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[3], nil))
}

// person is whom Grafana takes them for; of each attribute the first that is found.
func person(
	ctx context.Context, app oauth2.Config, token *oauth2.Token, setting func(string) string,
) (map[string]any, error) {
	userinfo, err := app.Client(ctx, token).Get(setting("api_url"))
	if err != nil {
		return nil, err
	}
	defer userinfo.Body.Close()
	sources := make([]map[string]any, 2)
	if sources[0], err = payload(token.Extra("id_token")); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(userinfo.Body).Decode(&sources[1]); err != nil {
		return nil, err
	}
	seen := map[string]any{}
	for attribute, path := range map[string]string{
		"login":  setting("login_attribute_path"),
		"name":   setting("name_attribute_path"),
		"email":  "email",
		"groups": setting("groups_attribute_path"),
		"role":   setting("role_attribute_path"),
	} {
		for _, source := range sources {
			found, err := jmespath.Search(path, source)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", attribute, err)
			}
			if found != nil && seen[attribute] == nil {
				seen[attribute] = found
			}
		}
	}
	return seen, nil
}

// payload of a JWT; like Grafana without validate_id_token, this does not verify it: it came from the token endpoint.
func payload(idToken any) (claims map[string]any, err error) {
	text, _ := idToken.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("no ID token")
	}
	decoded, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	return claims, json.Unmarshal(decoded, &claims)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
