// Argo CD's sign-in by its own packages, with a cluster that is only in memory: its settings are read from the
// ConfigMap argocd-cm, its session is verified as each of its requests is, and its roles come from argocd-rbac-cm.
//
//	argocd ISSUER ORIGIN PORT OIDC_CONFIG
//
// CLIENT_SECRET is in the environment.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/util/assets"
	"github.com/argoproj/argo-cd/v3/util/cache"
	httputil "github.com/argoproj/argo-cd/v3/util/http"
	"github.com/argoproj/argo-cd/v3/util/jwt"
	"github.com/argoproj/argo-cd/v3/util/oidc"
	"github.com/argoproj/argo-cd/v3/util/rbac"
	"github.com/argoproj/argo-cd/v3/util/session"
	"github.com/argoproj/argo-cd/v3/util/settings"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

const namespace = "argocd"

func main() {
	issuer, origin, port := os.Args[1], os.Args[2], os.Args[3]
	configuration, err := os.ReadFile(os.Args[4])
	check(err)
	cluster := fake.NewClientset(
		&corev1.ConfigMap{ObjectMeta: named(common.ArgoCDConfigMapName), Data: map[string]string{
			"url":         origin,
			"oidc.config": strings.ReplaceAll(string(configuration), "https://id.example", issuer),
		}},
		&corev1.ConfigMap{ObjectMeta: named(common.ArgoCDRBACConfigMapName), Data: map[string]string{
			"policy.csv": "g, dev, role:admin",
			"scopes":     "[groups]",
		}},
		&corev1.Secret{ObjectMeta: named(common.ArgoCDSecretName), Data: map[string][]byte{
			"server.secretkey":         []byte("of one run on this machine, 32 b"),
			"admin.password":           []byte("nobody's"),
			"oidc.cardea.clientSecret": []byte(os.Getenv("CLIENT_SECRET")),
		}},
	)
	ctx := context.Background()
	manager := settings.NewSettingsManager(ctx, cluster, namespace)
	current, err := manager.GetSettings()
	check(err)
	app, err := oidc.NewClientApp(current, "", nil, "/", cache.NewInMemoryCache(time.Hour))
	check(err)
	sessions := session.NewSessionManager(manager, nil, "", nil, session.NewUserStateStorage(nil))
	enforcer := rbac.NewEnforcer(cluster, namespace, common.ArgoCDRBACConfigMapName, nil)
	check(enforcer.SetBuiltinPolicy(assets.BuiltinPolicyCSV))
	check(enforcer.SetUserPolicy("g, dev, role:admin"))

	http.HandleFunc("/auth/login", app.HandleLogin)
	http.HandleFunc("/auth/callback", app.HandleCallback)
	http.HandleFunc("/applications", func(w http.ResponseWriter, r *http.Request) {
		token, err := httputil.JoinCookies(common.AuthCookieName, r.Cookies())
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		verified, _, err := sessions.VerifyToken(token)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		claims, err := jwt.MapClaims(verified)
		check(err)
		groups := jwt.GetGroups(claims, []string{"groups"})
		canSync := map[string]bool{}
		for _, group := range groups {
			canSync[group] = enforcer.Enforce(group, "applications", "sync", "default/shop")
		}
		json.NewEncoder(w).Encode(map[string]any{
			"user": jwt.GetUserIdentifier(claims), "name": claims["name"], "email": claims["email"],
			"groups": groups, "canSync": canSync,
		})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}

// named is what Argo CD knows its own objects by.
func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"},
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
