package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"

	_ "k8s.io/client-go/plugin/pkg/client/auth/oidc"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
)

// refreshedByKubectl is the ID token that kubectl sends to the API server when its kubeconfig has a refresh token
// and no ID token that is still good.
func refreshedByKubectl(issuer string, ca []byte, refreshToken string) (string, error) {
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	}))
	defer server.Close()
	client, err := rest.HTTPClientFor(&rest.Config{
		Host: server.URL,
		AuthProvider: &api.AuthProviderConfig{Name: "oidc", Config: map[string]string{
			"idp-issuer-url":                 issuer,
			"idp-certificate-authority-data": base64.StdEncoding.EncodeToString(ca),
			"client-id":                      clientID,
			"refresh-token":                  refreshToken,
		}},
		AuthConfigPersister: keptNowhere{},
	})
	if err != nil {
		return "", err
	}
	response, err := client.Get(server.URL)
	if err != nil {
		return "", err
	}
	return sent, response.Body.Close()
}

// keptNowhere stands for the kubeconfig file.
type keptNowhere struct{}

func (keptNowhere) Persist(map[string]string) error { return nil }

func clientTrusting(ca []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}
