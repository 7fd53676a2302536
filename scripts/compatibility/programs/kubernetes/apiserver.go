package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
	"k8s.io/utils/ptr"
)

// authenticatorOfFlags is what kube-apiserver makes of
//
//	--oidc-issuer-url --oidc-ca-file --oidc-client-id=kubernetes
//	--oidc-username-claim=email --oidc-groups-claim=groups --oidc-groups-prefix=oidc:
func authenticatorOfFlags(issuer string, ca []byte) (authenticator.Token, error) {
	return ready(apiserver.JWTAuthenticator{
		Issuer: apiserver.Issuer{
			URL:                  issuer,
			CertificateAuthority: string(ca),
			Audiences:            []string{clientID},
		},
		ClaimMappings: apiserver.ClaimMappings{
			Username: apiserver.PrefixedClaimOrExpression{Claim: "email", Prefix: ptr.To("")},
			Groups:   apiserver.PrefixedClaimOrExpression{Claim: "groups", Prefix: ptr.To("oidc:")},
		},
	})
}

// authenticatorOfFile is what kube-apiserver makes of --authentication-config.
func authenticatorOfFile(path string) (authenticator.Token, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	var configuration apiserver.AuthenticationConfiguration
	if err := runtime.DecodeInto(decoder, text, &configuration); err != nil {
		return nil, err
	}
	return ready(configuration.JWT[0])
}

// ready waits until it has the issuer's keys.
func ready(jwt apiserver.JWTAuthenticator) (authenticator.Token, error) {
	options := oidc.Options{JWTAuthenticator: jwt}
	if pem := jwt.Issuer.CertificateAuthority; pem != "" {
		content, err := dynamiccertificates.NewStaticCAContent("oidc-authenticator", []byte(pem))
		if err != nil {
			return nil, err
		}
		options.CAContentProvider = content
	}
	ctx := context.Background()
	made, err := oidc.New(ctx, options)
	if err != nil {
		return nil, err
	}
	var health error
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 20*time.Second, true,
		func(context.Context) (bool, error) {
			health = made.HealthCheck()
			return health == nil, nil
		})
	if err != nil {
		return nil, fmt.Errorf("%w: %v", err, health)
	}
	return made, nil
}
