package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	algorithm      = "RS256"          // fixed here: a token's header has no say in it
	environment    = "live"           // "test": only what comes of test keys; a token without the claim is live
	clockTolerance = 5 * time.Second  // between this clock and the issuer's
	maxStaleness   = 10 * time.Second // what was revoked later than that is unknown, so nothing is accepted
	timeout        = 3 * time.Second  // for the issuer to answer
	wait           = 2 * time.Second  // for the issuer to wait with its answer until something changes
	pause          = time.Second      // at least between two requests for the same thing
	idle           = 5 * time.Minute  // a list that no token points at for so long is followed no more
	maxBody        = 1 << 20          // bytes
	maxList        = 1 << 20          // bytes, inflated; a list of Cardea's has 131,072
)

// What Verify answers with; compare by errors.Is.
var (
	// ErrInvalidToken is 401 invalid_token: of somebody else, for somebody else, expired, revoked.
	ErrInvalidToken = errors.New("invalid token")
	// ErrInsufficientScope is 403 insufficient_scope: good, but not for this.
	ErrInsufficientScope = errors.New("insufficient scope")
	// ErrUnavailable is 503: nobody can tell at the moment whether the token was revoked.
	ErrUnavailable = errors.New("what was revoked of late is unknown")
)

// Claims of a JWT access token (RFC 9068 section 2.2).
type Claims struct {
	Issuer       string          `json:"iss"`
	Subject      string          `json:"sub"`
	Audience     audience        `json:"aud"`
	Expires      float64         `json:"exp"`
	IssuedAt     float64         `json:"iat"`
	ID           string          `json:"jti"`
	ClientID     string          `json:"client_id"`
	Scope        string          `json:"scope"`
	Environment  string          `json:"environment"`
	Confirmation json.RawMessage `json:"cnf"`
	Status       struct {
		List struct {
			URI   string `json:"uri"`
			Index *int64 `json:"idx"`
		} `json:"status_list"`
	} `json:"status"`
}

// One text, or a list of them (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// Cardea verifies access tokens, and hears within seconds of those that were revoked. One for the whole
// process; any goroutine may use it.
type Cardea struct {
	issuer, audience string
	http             *http.Client

	keysMutex   sync.Mutex
	keys        *keySet
	refresh     sync.Mutex
	keysAskedAt time.Time

	listsMutex sync.Mutex
	lists      map[string]*statusList
}

// The issuer's JWKS: its keys by id, and its hash as status lists name it.
type keySet struct {
	byID map[string]*rsa.PublicKey
	hash string
}

// What is known of one status list. A bit that is set: that token is revoked.
type statusList struct {
	tried chan struct{} // closed after the first attempt

	mutex   sync.Mutex
	bits    []byte
	iat     float64   // the bits are complete up to here, seconds since the epoch
	jwks    string    // the hash of the JWKS at that time
	knownAt time.Time // the same as iat, once the keys at hand are those of that JWKS, too
	etag    string
	usedAt  time.Time
}

func NewCardea(issuer, audience string) *Cardea {
	client := &http.Client{
		Timeout:       timeout + wait,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Cardea{
		issuer: issuer, audience: audience, http: client, keys: &keySet{}, lists: map[string]*statusList{},
	}
}

// Verify answers the token's claims; it must have the scope, unless that is empty. Once a list is followed this
// does no I/O.
func (c *Cardea) Verify(ctx context.Context, token, scope string) (*Claims, error) {
	keys := c.currentKeys()
	claims, err := c.accessToken(token)
	if err != nil {
		return nil, err
	}
	if err := c.checkStatus(ctx, claims); err != nil {
		return nil, err
	}
	if c.currentKeys() != keys {
		// The list told of other keys: that of the token may be gone.
		if claims, err = c.accessToken(token); err != nil {
			return nil, err
		}
	}
	if scope != "" && !contains(strings.Fields(claims.Scope), scope) {
		return nil, ErrInsufficientScope
	}
	return claims, nil
}

func (c *Cardea) accessToken(token string) (*Claims, error) {
	claims := Claims{Environment: "live"}
	if err := c.verified(token, "at+jwt", &claims); err != nil {
		return nil, err
	}
	now := time.Now()
	switch {
	case claims.Issuer != c.issuer:
		return nil, invalid("of another issuer")
	case !contains(claims.Audience, c.audience):
		return nil, invalid("for another audience")
	case !now.Before(instant(claims.Expires).Add(clockTolerance)):
		return nil, invalid("expired")
	case claims.IssuedAt == 0 || instant(claims.IssuedAt).After(now.Add(clockTolerance)):
		return nil, invalid("not issued yet")
	case claims.Subject == "" || claims.ID == "" || claims.ClientID == "":
		return nil, invalid("incomplete")
	case claims.Environment != environment:
		return nil, invalid("of another environment")
	case claims.Confirmation != nil:
		// Bound to a key (DPoP, mTLS): worth nothing without the proof, which is not checked here.
		return nil, invalid("a sender-constrained token is no bearer token")
	}
	return &claims, nil
}

// Reads a JWT of the issuer, of this type (RFC 7515 section 5.2, RFC 9068 section 4).
func (c *Cardea) verified(token, typ string, claims any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return invalid("no JWT")
	}
	decoded := make([][]byte, 3)
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return invalid("no base64url")
		}
	}
	var header struct {
		Algorithm string          `json:"alg"`
		Type      string          `json:"typ"`
		KeyID     string          `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if json.Unmarshal(decoded[0], &header) != nil || header.Algorithm != algorithm || header.Critical != nil {
		return invalid("unsupported header")
	}
	if !strings.EqualFold(header.Type, typ) && !strings.EqualFold(header.Type, "application/"+typ) {
		return invalid("wrong type")
	}
	key, err := c.key(header.KeyID)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], decoded[2]) != nil {
		return invalid("wrong signature")
	}
	if json.Unmarshal(decoded[1], claims) != nil {
		return invalid("unreadable claims")
	}
	return nil
}

func (c *Cardea) key(kid string) (*rsa.PublicKey, error) {
	if key, ok := c.currentKeys().byID[kid]; ok {
		return key, nil
	}
	c.refreshKeys()
	keys := c.currentKeys()
	if key, ok := keys.byID[kid]; ok {
		return key, nil
	}
	if len(keys.byID) == 0 {
		return nil, ErrUnavailable
	}
	return nil, invalid("unknown key")
}

func (c *Cardea) currentKeys() *keySet {
	c.keysMutex.Lock()
	defer c.keysMutex.Unlock()
	return c.keys
}

// Asks for the JWKS; at most once a pause, however many tokens name keys that nobody knows.
func (c *Cardea) refreshKeys() {
	c.refresh.Lock()
	defer c.refresh.Unlock()
	if time.Since(c.keysAskedAt) < pause {
		return
	}
	c.keysAskedAt = time.Now()
	keys, err := c.fetchKeys()
	if err != nil {
		log.Printf("the issuer's keys could not be refreshed: %v", err)
		return
	}
	c.keysMutex.Lock()
	defer c.keysMutex.Unlock()
	c.keys = keys
}

func (c *Cardea) fetchKeys() (*keySet, error) {
	body, _, err := c.get(c.issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return nil, err
	}
	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(body, &discovery); err != nil {
		return nil, err
	}
	if discovery.Issuer != c.issuer {
		return nil, errors.New("the discovery document is another issuer's")
	}
	if body, _, err = c.get(discovery.JWKSURI, nil); err != nil {
		return nil, err
	}
	var document struct {
		Keys []struct{ Kty, Kid, Alg, Use, N, E string }
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(body)
	set := &keySet{byID: map[string]*rsa.PublicKey{}, hash: base64.RawURLEncoding.EncodeToString(hash[:])}
	for _, jwk := range document.Keys {
		n, err := base64.RawURLEncoding.DecodeString(jwk.N)
		e, err2 := base64.RawURLEncoding.DecodeString(jwk.E)
		usable := jwk.Kty == "RSA" && jwk.Alg == algorithm && (jwk.Use == "" || jwk.Use == "sig")
		if err != nil || err2 != nil || !usable {
			continue
		}
		exponent := int(new(big.Int).SetBytes(e).Int64())
		set.byID[jwk.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: exponent}
	}
	return set, nil
}

func (c *Cardea) checkStatus(ctx context.Context, claims *Claims) error {
	uri, index := claims.Status.List.URI, claims.Status.List.Index
	if !strings.HasPrefix(uri, c.issuer+"/status-lists/") || index == nil || *index < 0 {
		return invalid("no status")
	}
	list := c.followed(uri)
	select { // Waits the first time only.
	case <-list.tried:
	case <-ctx.Done():
		return ErrUnavailable
	}
	list.mutex.Lock()
	defer list.mutex.Unlock()
	if time.Since(list.knownAt) > maxStaleness {
		return ErrUnavailable
	}
	// Eight tokens to a byte, the first in the least significant bit.
	if *index>>3 >= int64(len(list.bits)) || list.bits[*index>>3]>>(*index&7)&1 == 1 {
		return invalid("revoked")
	}
	return nil
}

func (c *Cardea) followed(uri string) *statusList {
	c.listsMutex.Lock()
	defer c.listsMutex.Unlock()
	list, ok := c.lists[uri]
	if !ok {
		list = &statusList{tried: make(chan struct{})}
		c.lists[uri] = list
		go c.follow(uri, list)
	}
	list.mutex.Lock()
	defer list.mutex.Unlock()
	list.usedAt = time.Now()
	return list
}

func (c *Cardea) follow(uri string, list *statusList) {
	for first := true; ; first = false {
		started := time.Now()
		if err := c.look(uri, list); err != nil {
			// Whatever it was: the list grows old, and then its tokens are refused.
			log.Printf("status list %s could not be refreshed: %v", uri, err)
		}
		if first {
			close(list.tried)
		}
		time.Sleep(pause - time.Since(started))
		if c.forgets(uri, list) {
			return
		}
	}
}

func (c *Cardea) forgets(uri string, list *statusList) bool {
	c.listsMutex.Lock()
	defer c.listsMutex.Unlock()
	list.mutex.Lock()
	defer list.mutex.Unlock()
	if time.Since(list.usedAt) < idle {
		return false
	}
	delete(c.lists, uri)
	return true
}

func (c *Cardea) look(uri string, list *statusList) error {
	header := http.Header{"Accept": {"application/statuslist+jwt"}}
	if list.etag != "" {
		// Answered when the list changes, or else after that many seconds (RFC 7240 section 4.3).
		header.Set("If-None-Match", list.etag)
		header.Set("Prefer", fmt.Sprintf("wait=%d", int(wait.Seconds())))
	}
	body, etag, err := c.get(uri, header)
	if err != nil {
		return err
	}
	if body != nil {
		if err := c.take(uri, list, string(body)); err != nil {
			return err
		}
		list.etag = etag
	}
	if list.jwks != c.currentKeys().hash {
		c.refreshKeys()
	}
	if list.jwks == c.currentKeys().hash {
		list.mutex.Lock()
		defer list.mutex.Unlock()
		list.knownAt = instant(list.iat)
	}
	return nil
}

func (c *Cardea) take(uri string, list *statusList, token string) error {
	var claims struct {
		Issuer   string  `json:"iss"`
		Subject  string  `json:"sub"`
		Expires  float64 `json:"exp"`
		IssuedAt float64 `json:"iat"`
		JWKS     string  `json:"jwks"`
		List     struct {
			Bits int    `json:"bits"`
			List string `json:"lst"`
		} `json:"status_list"`
	}
	if err := c.verified(token, "statuslist+jwt", &claims); err != nil {
		return err
	}
	now := time.Now()
	switch {
	case claims.Issuer != c.issuer || claims.Subject != uri:
		return errors.New("another list")
	case !now.Before(instant(claims.Expires).Add(clockTolerance)):
		return errors.New("expired")
	case instant(claims.IssuedAt).After(now.Add(clockTolerance)):
		return errors.New("not issued yet")
	case claims.IssuedAt < list.iat:
		return errors.New("older than what is known: of a node that is behind")
	case claims.List.Bits != 1:
		return errors.New("not one bit a token")
	}
	bits, err := inflate(claims.List.List)
	if err != nil {
		return err
	}
	list.mutex.Lock()
	defer list.mutex.Unlock()
	if claims.IssuedAt == list.iat {
		// Of one second, and either may know more: what one of them revokes stays revoked.
		for i := range bits {
			if i < len(list.bits) {
				bits[i] |= list.bits[i]
			}
		}
	}
	list.bits, list.iat, list.jwks = bits, claims.IssuedAt, claims.JWKS
	return nil
}

func inflate(lst string) ([]byte, error) {
	compressed, err := base64.RawURLEncoding.DecodeString(lst)
	if err != nil {
		return nil, err
	}
	reader, err := zlib.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	bits, err := io.ReadAll(io.LimitReader(reader, maxList+1))
	if err == nil && len(bits) > maxList {
		return nil, errors.New("larger than allowed")
	}
	return bits, err
}

// Body and ETag of the answer; the body of a 304 is nil.
func (c *Cardea) get(url string, header http.Header) ([]byte, string, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	if header != nil {
		request.Header = header
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotModified {
		return nil, "", nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return nil, "", err
	}
	if response.StatusCode != http.StatusOK || len(body) > maxBody {
		return nil, "", fmt.Errorf("%s: status %d, %d bytes", url, response.StatusCode, len(body))
	}
	return body, response.Header.Get("ETag"), nil
}

func instant(seconds float64) time.Time {
	return time.UnixMilli(int64(seconds * 1000))
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}

func invalid(why string) error {
	return fmt.Errorf("%w: %s", ErrInvalidToken, why)
}
