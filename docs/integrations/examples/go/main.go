// An API for whoever has a token of Cardea's: go run . ISSUER AUDIENCE [ADDRESS]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

type claimsKey struct{}

// Only requests with a good token reach the handler (RFC 6750 section 3).
func protected(cardea *Cardea, scope string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, challenge string) {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(status)
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			refuse(http.StatusUnauthorized, "Bearer")
			return
		}
		claims, err := cardea.Verify(r.Context(), strings.TrimSpace(token), scope)
		switch {
		case err == nil:
			next(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims)))
		case errors.Is(err, ErrInvalidToken):
			refuse(http.StatusUnauthorized, `Bearer error="invalid_token"`)
		case errors.Is(err, ErrInsufficientScope):
			refuse(http.StatusForbidden, fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s"`, scope))
		default:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

func orders(w http.ResponseWriter, r *http.Request) {
	claims := r.Context().Value(claimsKey{}).(*Claims)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"orders": []string{}, "for": claims.Subject})
}

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: orders ISSUER AUDIENCE [ADDRESS]")
	}
	address := "127.0.0.1:0"
	if len(os.Args) > 3 {
		address = os.Args[3]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	http.HandleFunc("/", protected(NewCardea(os.Args[1], os.Args[2]), "orders:read", orders))
	log.Fatal(http.Serve(listener, nil))
}
