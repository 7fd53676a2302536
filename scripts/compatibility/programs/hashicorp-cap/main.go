// A web app that people sign in to, with the library that Vault and Boundary sign people in with.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/cap/oidc"
	"github.com/hashicorp/cap/oidc/callback"
	"golang.org/x/oauth2"
)

// The sign-ins that were begun, by their state.
type requests struct{ begun sync.Map }

func (r *requests) Read(_ context.Context, state string) (oidc.Request, error) {
	found, ok := r.begun.LoadAndDelete(state)
	if !ok {
		return nil, fmt.Errorf("%s: %w", state, oidc.ErrNotFound)
	}
	return found.(oidc.Request), nil
}

func main() {
	ctx, redirect := context.Background(), os.Getenv("ORIGIN")+"/callback"
	config, err := oidc.NewConfig(os.Getenv("ISSUER"), os.Getenv("CLIENT_ID"), oidc.ClientSecret(os.Getenv("CLIENT_SECRET")),
		[]oidc.Alg{oidc.RS256}, []string{redirect})
	if err != nil {
		log.Fatal(err)
	}
	provider, err := oidc.NewProvider(config)
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Done()

	open := &requests{}
	http.HandleFunc("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		verifier, err := oidc.NewCodeVerifier()
		if err != nil {
			log.Fatal(err)
		}
		request, err := oidc.NewRequest(2*time.Minute, redirect, oidc.WithPKCE(verifier),
			oidc.WithScopes("profile", "email", "groups"), oidc.WithMaxAge(3600))
		if err != nil {
			log.Fatal(err)
		}
		to, err := provider.AuthURL(r.Context(), request)
		if err != nil {
			log.Fatal(err)
		}
		open.begun.Store(request.State(), request)
		http.Redirect(w, r, to, http.StatusFound)
	})

	signedIn := func(_ string, t oidc.Token, w http.ResponseWriter, r *http.Request) {
		var claims, info struct {
			Subject string `json:"sub"`
			Name    string
			Email   string
			Groups  []string
		}
		if err := t.IDToken().Claims(&claims); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		source := t.(interface{ StaticTokenSource() oauth2.TokenSource }).StaticTokenSource()
		if err := provider.UserInfo(r.Context(), source, claims.Subject, &info); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "ID token: %s, %v; userinfo: %s", claims.Name, claims.Groups, info.Email)
	}
	failed := func(_ string, answer *callback.AuthenErrorResponse, err error, w http.ResponseWriter, _ *http.Request) {
		http.Error(w, fmt.Sprint(answer, err), http.StatusBadGateway)
	}
	handler, err := callback.AuthCode(ctx, provider, open, signedIn, failed)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/callback", handler)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
