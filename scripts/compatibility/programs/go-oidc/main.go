// A web app that people sign in to.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type app struct {
	origin   string
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	// Where the issuer signs people out (OpenID Connect RP-Initiated Logout 1.0).
	endSession string

	mutex    sync.Mutex
	sessions map[string]*session
}

type session struct {
	idToken string
	person  person
	// Renews the access token when it has expired, and keeps the refresh token that comes with it.
	tokens oauth2.TokenSource
}

type person struct {
	Subject string   `json:"sub"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Groups  []string `json:"groups"`
}

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	var discovered struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&discovered); err != nil {
		log.Fatal(err)
	}
	origin, clientID := os.Getenv("ORIGIN"), os.Getenv("CLIENT_ID")
	a := &app{
		origin:   origin,
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: clientID}),
		oauth: oauth2.Config{
			ClientID:     clientID,
			ClientSecret: os.Getenv("CLIENT_SECRET"),
			Endpoint:     provider.Endpoint(),
			RedirectURL:  origin + "/callback",
			Scopes:       []string{oidc.ScopeOpenID, "profile", "email", "groups"},
		},
		endSession: discovered.EndSession,
		sessions:   map[string]*session{},
	}
	http.HandleFunc("GET /{$}", a.home)
	http.HandleFunc("GET /sign-in", a.signIn)
	http.HandleFunc("GET /callback", a.callback)
	http.HandleFunc("GET /profile", a.profile)
	http.HandleFunc("POST /sign-out", a.signOut)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

var page = template.Must(template.New("").Parse(`<!doctype html><title>Shop</title>
{{if .}}<p>{{.Name}}, {{.Email}}, {{.Groups}}</p>
<form method="post" action="/sign-out"><button>Sign out</button></form>
{{else}}<a href="/sign-in">Sign in</a>{{end}}`))

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	var who *person
	if s := a.session(r); s != nil {
		who = &s.person
	}
	page.Execute(w, who)
}

func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	a.setCookie(w, "state", state)
	a.setCookie(w, "nonce", nonce)
	a.setCookie(w, "verifier", verifier)
	to := a.oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
	http.Redirect(w, r, to, http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	state, nonce, verifier := cookie(r, "state"), cookie(r, "nonce"), cookie(r, "verifier")
	if state == "" || r.FormValue("state") != state {
		http.Error(w, "This sign-in was not begun here.", http.StatusBadRequest)
		return
	}
	if code := r.FormValue("error"); code != "" {
		http.Error(w, code+": "+r.FormValue("error_description"), http.StatusForbidden)
		return
	}
	s, err := a.redeem(r.Context(), r.FormValue("code"), nonce, verifier)
	if err != nil {
		log.Print(err)
		http.Error(w, "The sign-in failed.", http.StatusBadGateway)
		return
	}
	id := rand.Text()
	a.mutex.Lock()
	a.sessions[id] = s
	a.mutex.Unlock()
	a.setCookie(w, "session", id)
	http.Redirect(w, r, "/", http.StatusFound)
}

func (a *app) redeem(ctx context.Context, code, nonce, verifier string) (*session, error) {
	token, err := a.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	// Signature, issuer, audience, expiry.
	idToken, err := a.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if nonce == "" || idToken.Nonce != nonce {
		return nil, fmt.Errorf("the ID token is of another sign-in")
	}
	s := &session{idToken: raw, tokens: a.oauth.TokenSource(context.Background(), token)}
	return s, idToken.Claims(&s.person)
}

// What the issuer knows now, not what it knew at the sign-in.
func (a *app) profile(w http.ResponseWriter, r *http.Request) {
	s := a.session(r)
	if s == nil {
		http.Redirect(w, r, "/sign-in", http.StatusFound)
		return
	}
	info, err := a.provider.UserInfo(r.Context(), s.tokens)
	if err != nil {
		log.Print(err)
		http.Error(w, "Please sign in again.", http.StatusUnauthorized)
		return
	}
	var now person
	if err := info.Claims(&now); err != nil || now.Subject != s.person.Subject {
		http.Error(w, "The profile is not this person's.", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(now)
}

func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	s := a.session(r)
	if s == nil {
		http.Redirect(w, r, "/", http.StatusFound)
		return
	}
	a.mutex.Lock()
	delete(a.sessions, cookie(r, "session"))
	a.mutex.Unlock()
	query := url.Values{"id_token_hint": {s.idToken}, "post_logout_redirect_uri": {a.origin + "/"}}
	http.Redirect(w, r, a.endSession+"?"+query.Encode(), http.StatusSeeOther)
}

// The session of the request; nil: nobody is signed in.
func (a *app) session(r *http.Request) *session {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.sessions[cookie(r, "session")]
}

func (a *app) setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		HttpOnly: true,
		Secure:   strings.HasPrefix(a.origin, "https:"),
		SameSite: http.SameSiteLaxMode, // Not Strict: the callback comes from the issuer's site.
	})
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}
