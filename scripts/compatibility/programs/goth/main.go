// A web app that people sign in to, with goth's OpenID Connect provider, as Gitea has it.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/gorilla/sessions"
	"github.com/markbates/goth"
	"github.com/markbates/goth/gothic"
	"github.com/markbates/goth/providers/openidConnect"
)

func main() {
	key := make([]byte, 32)
	rand.Read(key)
	store := sessions.NewCookieStore(key)
	store.Options.Secure = false // Plain http, on the loopback address.
	store.Options.SameSite = http.SameSiteLaxMode
	gothic.Store = store
	gothic.GetProviderName = func(*http.Request) (string, error) { return "openid-connect", nil }

	provider, err := openidConnect.New(os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), os.Getenv("ORIGIN")+"/callback",
		os.Getenv("ISSUER")+"/.well-known/openid-configuration", "profile", "email", "groups", "offline_access")
	if err != nil {
		log.Fatal(err)
	}
	goth.UseProviders(provider)

	var latest goth.User
	http.HandleFunc("/sign-in", gothic.BeginAuthHandler)
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		user, err := gothic.CompleteUserAuth(w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		latest = user
		groups, _ := json.Marshal(user.RawData["groups"])
		fmt.Fprintf(w, "%s, %s, %s", user.Name, user.Email, groups)
	})
	http.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		token, err := provider.RefreshToken(latest.RefreshToken)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		latest.RefreshToken = token.RefreshToken
		renewed, err := provider.RefreshTokenWithIDToken(latest.RefreshToken)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "refreshed twice, with an ID token: %t", renewed.IdToken != "")
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
