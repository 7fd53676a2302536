// A web app that people sign in to, with the relying party of zitadel/oidc.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

type tokens = oidc.Tokens[*oidc.IDTokenClaims]

// Of the one person who uses this example.
var (
	mutex  sync.Mutex
	latest *tokens
)

func main() {
	ctx, origin := context.Background(), os.Getenv("ORIGIN")
	key := make([]byte, 32)
	rand.Read(key)
	cookies := httphelper.NewCookieHandler(key, key, httphelper.WithUnsecure())
	party, err := rp.NewRelyingPartyOIDC(ctx, os.Getenv("ISSUER"), os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"),
		origin+"/callback", []string{"openid", "profile", "email", "groups"},
		rp.WithCookieHandler(cookies), rp.WithPKCE(cookies), rp.WithSigningAlgsFromDiscovery())
	if err != nil {
		log.Fatal(err)
	}

	signedIn := func(w http.ResponseWriter, r *http.Request, t *tokens, _ string, _ rp.RelyingParty, info *oidc.UserInfo) {
		mutex.Lock()
		latest = t
		mutex.Unlock()
		fmt.Fprintf(w, "ID token: %s, %v; userinfo: %s", t.IDTokenClaims.Name, t.IDTokenClaims.Claims["groups"], info.Email)
	}
	http.HandleFunc("/sign-in", rp.AuthURLHandler(rand.Text, party))
	http.HandleFunc("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(signedIn), party))
	http.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		renewed, err := rp.RefreshTokens[*oidc.IDTokenClaims](r.Context(), party, latest.RefreshToken, "", "")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		latest = renewed
		fmt.Fprintf(w, "refreshed for %s", renewed.IDTokenClaims.Name)
	})
	// Asks the issuer itself, without the person's browser.
	http.HandleFunc("/sign-out", func(w http.ResponseWriter, r *http.Request) {
		to, err := rp.EndSession(r.Context(), party, latest.IDToken, origin+"/", "", "", nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, to.String(), http.StatusFound)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
