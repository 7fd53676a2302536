//! Verifies access tokens by the keys that the issuer publishes.
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;

/// At least so long between two requests for the keys, whatever tokens say.
const PAUSE: Duration = Duration::from_secs(5);

/// So long a key that was taken back may still be taken for good.
const KEYS_LAST: Duration = Duration::from_secs(300);

#[derive(Debug, Deserialize, Serialize)]
pub struct Claims {
    pub sub: String,
    pub client_id: String,
    #[serde(default)]
    pub scope: String,
    /// `test`: it comes of an API key for tests.
    #[serde(default)]
    pub environment: Option<String>,
    /// The key of the client that it is bound to (RFC 9449, RFC 8705).
    pub cnf: Option<serde_json::Value>,
}

pub enum Refused {
    /// 401: of somebody else, for somebody else, expired, or no access token at all.
    Token,
    /// 403: good, but not for this.
    Scope,
    /// 503: the issuer's keys cannot be had.
    Unavailable,
}

pub struct Verifier {
    jwks_uri: String,
    validation: Validation,
    http: reqwest::Client,
    keys: RwLock<Option<(JwkSet, Instant)>>,
}

impl Verifier {
    pub fn new(issuer: &str, audience: &str) -> Self {
        // The algorithm is fixed here: a token's header has no say in it.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // Without this, a token without audience would pass.
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 5;
        Verifier {
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            validation,
            http: reqwest::Client::new(),
            keys: RwLock::new(None),
        }
    }

    pub async fn verify(&self, token: &str, scope: &str) -> Result<Claims, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Token)?;
        // No ID token and no status list passes for an access token (RFC 9068 section 4).
        let typ = header.typ.unwrap_or_default().to_lowercase();
        if typ != "at+jwt" && typ != "application/at+jwt" {
            return Err(Refused::Token);
        }
        let key = self.key(&header.kid.ok_or(Refused::Token)?).await?;
        let verified = decode::<Claims>(token, &key, &self.validation);
        let claims = verified.map_err(|_| Refused::Token)?.claims;
        // A token that is bound to a key is worth nothing without the proof, which this does not check.
        if claims.cnf.is_some() || claims.environment.as_ref().is_some_and(|name| name != "live") {
            return Err(Refused::Token);
        }
        if !claims.scope.split(' ').any(|granted| granted == scope) {
            return Err(Refused::Scope);
        }
        Ok(claims)
    }

    /// Fetches the keys for a `kid` that is new, as after a rotation.
    async fn key(&self, kid: &str) -> Result<DecodingKey, Refused> {
        if let Some((set, fetched)) = &*self.keys.read().await {
            let found = set.find(kid).filter(|_| fetched.elapsed() < KEYS_LAST);
            if found.is_some() || fetched.elapsed() < PAUSE {
                return decoding_key(found);
            }
        }
        let mut keys = self.keys.write().await;
        // Whoever waited finds what the first one fetched.
        if keys.as_ref().is_none_or(|(_, fetched)| fetched.elapsed() >= PAUSE) {
            let set = self.fetch().await.map_err(|_| Refused::Unavailable)?;
            *keys = Some((set, Instant::now()));
        }
        decoding_key(keys.as_ref().and_then(|(set, _)| set.find(kid)))
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        let request = self.http.get(&self.jwks_uri).timeout(Duration::from_secs(3));
        request.send().await?.error_for_status()?.json().await
    }
}

fn decoding_key(found: Option<&jsonwebtoken::jwk::Jwk>) -> Result<DecodingKey, Refused> {
    let key = found.ok_or(Refused::Token)?;
    DecodingKey::from_jwk(key).map_err(|_| Refused::Token)
}
