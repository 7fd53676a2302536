// An API that verifies access tokens by itself with jwx.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

func main() {
	ctx, issuer, audience := context.Background(), os.Getenv("ISSUER"), os.Getenv("AUDIENCE")
	cache, err := jwk.NewCache(ctx, httprc.NewClient())
	if err != nil {
		log.Fatal(err)
	}
	address := issuer + "/.well-known/jwks.json"
	if err := cache.Register(ctx, address, jwk.WithMaxInterval(5*time.Minute)); err != nil {
		log.Fatal(err)
	}
	keys, err := cache.CachedSet(address)
	if err != nil {
		log.Fatal(err)
	}

	verify := func(token string) (jwt.Token, error) {
		// Cardea's keys name their algorithm, so a token's header has no say in it.
		verified, err := jwt.ParseString(token, jwt.WithKeySet(keys), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
			jwt.WithAcceptableSkew(5*time.Second), jwt.WithRequiredClaim("exp"))
		if err != nil {
			return nil, err
		}
		message, err := jws.ParseString(token)
		if err != nil {
			return nil, err
		}
		// No ID token passes for an access token (RFC 9068 section 4).
		if typ, _ := message.Signatures()[0].ProtectedHeaders().Type(); typ != "at+jwt" {
			return nil, errors.New("not an access token")
		}
		return verified, nil
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		token, err := verify(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		var scope string
		if token.Get("scope", &scope); !strings.Contains(" "+scope+" ", " orders:read ") {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="orders:read"`)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		subject, _ := token.Subject()
		fmt.Fprintf(w, "orders for %s", subject)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
