//! A web app that people sign in to.
mod tokens;

use std::{collections::HashMap, env::var, error::Error, sync::Arc, sync::Mutex};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use maud::{Markup, html};
use openidconnect::core::*;
use openidconnect::{reqwest, *};
use serde::{Deserialize, Serialize};
use tokens::Tokens;

/// With the endpoints that Cardea's discovery document names.
pub type OidcClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

struct App {
    origin: String,
    client: OidcClient,
    http: reqwest::Client,
    end_session: EndSessionUrl,
    /// Sign-ins that were begun, by their state.
    begun: Mutex<HashMap<String, (Nonce, PkceCodeVerifier)>>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

struct Session {
    id_token: CoreIdToken,
    subject: SubjectIdentifier,
    name: String,
    tokens: tokio::sync::Mutex<Tokens>,
}

/// Claims beside those of OpenID Connect.
#[derive(Debug, Deserialize, Serialize)]
struct Groups {
    #[serde(default)]
    groups: Vec<String>,
}
impl AdditionalClaims for Groups {}

#[derive(Deserialize)]
struct Callback {
    state: String,
    code: Option<String>,
    error: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    // Redirects followed on the way to the issuer would lead anywhere.
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let issuer = IssuerUrl::new(var("ISSUER")?)?;
    let metadata = ProviderMetadataWithLogout::discover_async(issuer, &http).await?;
    let end_session = metadata.additional_metadata().end_session_endpoint.clone();
    let origin = var("ORIGIN")?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(var("CLIENT_ID")?),
        Some(ClientSecret::new(var("CLIENT_SECRET")?)),
    )
    .set_redirect_uri(RedirectUrl::new(format!("{origin}/callback"))?);
    let app = App {
        origin,
        client,
        http,
        end_session: end_session.ok_or("the issuer signs nobody out")?,
        begun: Default::default(),
        sessions: Default::default(),
    };
    let router = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/callback", get(callback))
        .route("/profile", get(profile))
        .route("/sign-out", post(sign_out))
        .with_state(Arc::new(app));
    let address = format!("127.0.0.1:{}", var("PORT")?);
    axum::serve(tokio::net::TcpListener::bind(address).await?, router).await?;
    Ok(())
}

async fn home(State(app): State<Arc<App>>, jar: CookieJar) -> Markup {
    match app.session(&jar) {
        Some(session) => html! {
            p { (session.name) }
            form method="post" action="/sign-out" { button { "Sign out" } }
        },
        None => html! { a href="/sign-in" { "Sign in" } },
    }
}

async fn sign_in(State(app): State<Arc<App>>, jar: CookieJar) -> (CookieJar, Redirect) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = app.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
    for scope in ["profile", "email", "groups"] {
        request = request.add_scope(Scope::new(scope.into()));
    }
    let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
    let state = state.into_secret();
    app.begun.lock().unwrap().insert(state.clone(), (nonce, verifier));
    (jar.add(app.cookie("state", state)), Redirect::to(url.as_str()))
}

async fn callback(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Query(answer): Query<Callback>,
) -> Result<(CookieJar, Redirect), Failure> {
    // Begun in this browser, and not elsewhere by somebody who sent the link.
    let is_ours = jar.get("state").is_some_and(|cookie| cookie.value() == answer.state);
    let begun = app.begun.lock().unwrap().remove(&answer.state);
    let (nonce, verifier) = begun.filter(|_| is_ours).ok_or("this sign-in was not begun here")?;
    let code = answer.code.ok_or(answer.error.unwrap_or_default())?;

    let request = app.client.exchange_code(AuthorizationCode::new(code))?;
    let response = request.set_pkce_verifier(verifier).request_async(&app.http).await?;
    let id_token = response.id_token().ok_or("no ID token came")?.clone();
    // Signature, issuer, audience, expiry, nonce.
    let claims = id_token.claims(&app.client.id_token_verifier(), &nonce)?;
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
    let session = Session {
        subject: claims.subject().clone(),
        name: name.unwrap_or_default(),
        tokens: tokio::sync::Mutex::new(Tokens::of(&response)),
        id_token,
    };
    let id = CsrfToken::new_random().into_secret();
    app.sessions.lock().unwrap().insert(id.clone(), Arc::new(session));
    Ok((jar.remove("state").add(app.cookie("session", id)), Redirect::to("/")))
}

/// What the issuer knows now, not what it knew at the sign-in.
async fn profile(State(app): State<Arc<App>>, jar: CookieJar) -> Result<Response, Failure> {
    let Some(session) = app.session(&jar) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let token = session.tokens.lock().await.access_token(&app.client, &app.http).await?;
    let request = app.client.user_info(token, Some(session.subject.clone()))?;
    let claims: UserInfoClaims<Groups, CoreGenderClaim> = request.request_async(&app.http).await?;
    Ok(Json(claims).into_response())
}

async fn sign_out(State(app): State<Arc<App>>, jar: CookieJar) -> Result<Response, Failure> {
    let id = jar.get("session").map(|cookie| cookie.value().to_string()).unwrap_or_default();
    let Some(session) = app.sessions.lock().unwrap().remove(&id) else {
        return Ok(Redirect::to("/").into_response());
    };
    let url = LogoutRequest::from(app.end_session.clone())
        .set_id_token_hint(&session.id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(format!("{}/", app.origin))?)
        .http_get_url();
    Ok((jar.remove("session"), Redirect::to(url.as_str())).into_response())
}

impl App {
    fn session(&self, jar: &CookieJar) -> Option<Arc<Session>> {
        self.sessions.lock().unwrap().get(jar.get("session")?.value()).cloned()
    }

    fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.origin.starts_with("https:"))
            .same_site(SameSite::Lax) // Not Strict: the callback comes from the issuer's site.
            .build()
    }
}

/// Details go to the log, not to the browser.
struct Failure(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("{:?}", self.0);
        (StatusCode::BAD_GATEWAY, "Please sign in again.").into_response()
    }
}
