// The JWT/OIDC auth method of Vault and OpenBao without a server around it, mounted twice: a person signs in at
// auth/oidc, and a service logs in with its access token at auth/jwt.
//
//	vault ISSUER ORIGIN PORT
//
// CLIENT_SECRET and JOB_SECRET are in the environment.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	jwtauth "github.com/hashicorp/vault-plugin-auth-jwt"
	"github.com/hashicorp/vault/sdk/logical"
	"golang.org/x/oauth2/clientcredentials"
)

type method struct {
	backend logical.Backend
	storage logical.Storage
}

func main() {
	issuer, origin, port := os.Args[1], os.Args[2], os.Args[3]
	people, services := mount(), mount()
	callback := origin + "/ui/vault/auth/oidc/oidc/callback"
	// vault write auth/oidc/config ...
	people.write("config", map[string]any{
		"oidc_discovery_url": issuer,
		"oidc_client_id":     "vault",
		"oidc_client_secret": os.Getenv("CLIENT_SECRET"),
		"default_role":       "person",
	})
	// vault write auth/oidc/role/person ...
	people.create("role/person", map[string]any{
		"allowed_redirect_uris": []string{callback},
		"user_claim":            "email",
		"groups_claim":          "groups",
		"oidc_scopes":           []string{"profile", "email", "groups"},
		"claim_mappings":        map[string]string{"name": "name"},
		"bound_claims":          map[string]any{"groups": []string{"ops"}},
		"token_policies":        []string{"operators"},
	})
	// vault write auth/jwt/config ... (no client ID: a mount with one takes no tokens of others)
	services.write("config", map[string]any{"oidc_discovery_url": issuer})
	// vault write auth/jwt/role/service ...
	services.create("role/service", map[string]any{
		"role_type":       "jwt",
		"bound_audiences": []string{"https://vault.example"},
		"user_claim":      "client_id",
		"token_policies":  []string{"services"},
	})

	http.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		asked := people.write("oidc/auth_url", map[string]any{"role": "person", "redirect_uri": callback})
		http.Redirect(w, r, asked.Data["auth_url"].(string), http.StatusFound)
	})
	http.HandleFunc("/ui/vault/auth/oidc/oidc/callback", func(w http.ResponseWriter, r *http.Request) {
		show(w, people.handle(logical.ReadOperation, "oidc/callback", map[string]any{
			"state": r.FormValue("state"), "code": r.FormValue("code"),
		}))
	})
	http.HandleFunc("/service", func(w http.ResponseWriter, r *http.Request) {
		job := clientcredentials.Config{
			ClientID: "vault-job", ClientSecret: os.Getenv("JOB_SECRET"), TokenURL: issuer + "/token",
		}
		token, err := job.Token(r.Context())
		check(err)
		show(w, services.write("login", map[string]any{"role": "service", "jwt": token.AccessToken}))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}

func mount() method {
	storage := &logical.InmemStorage{}
	backend, err := jwtauth.Factory(context.Background(), &logical.BackendConfig{
		Logger:      hclog.NewNullLogger(),
		System:      &logical.StaticSystemView{DefaultLeaseTTLVal: time.Hour, MaxLeaseTTLVal: time.Hour},
		StorageView: storage,
	})
	check(err)
	check(backend.Initialize(context.Background(), &logical.InitializationRequest{Storage: storage}))
	return method{backend, storage}
}

func (m method) create(path string, data map[string]any) *logical.Response {
	return m.handle(logical.CreateOperation, path, data)
}

func (m method) write(path string, data map[string]any) *logical.Response {
	return m.handle(logical.UpdateOperation, path, data)
}

func (m method) handle(operation logical.Operation, path string, data map[string]any) *logical.Response {
	response, err := m.backend.HandleRequest(context.Background(), &logical.Request{
		Operation: operation, Path: path, Data: data, Storage: m.storage, Connection: &logical.Connection{},
	})
	check(err)
	if response.IsError() {
		log.Fatalf("%s: %v", path, response.Error())
	}
	return response
}

// show tells who Vault would issue a token to.
func show(w http.ResponseWriter, response *logical.Response) {
	auth := response.Auth
	groups := []string{}
	for _, group := range auth.GroupAliases {
		groups = append(groups, group.Name)
	}
	json.NewEncoder(w).Encode(map[string]any{
		"entity": auth.Alias.Name, "metadata": auth.Metadata, "groups": groups, "policies": auth.Policies,
	})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
