//! An API that verifies JWT access tokens (RFC 9068) by itself.
mod verifier;

use std::{env::var, error::Error, sync::Arc};

use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use verifier::{Claims, Refused, Verifier};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let verifier = Verifier::new(&var("ISSUER")?, &var("AUDIENCE")?);
    let router = Router::new().fallback(get(orders)).with_state(Arc::new(verifier));
    let address = format!("127.0.0.1:{}", var("PORT")?);
    axum::serve(tokio::net::TcpListener::bind(address).await?, router).await?;
    Ok(())
}

/// A token that may read orders.
struct Reader(Claims);

impl FromRequestParts<Arc<Verifier>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        verifier: &Arc<Verifier>,
    ) -> Result<Self, Response> {
        match verifier.verify(bearer(&parts.headers), "orders:read").await {
            Ok(claims) => Ok(Reader(claims)),
            Err(refused) => Err(refusal(refused)),
        }
    }
}

async fn orders(State(_): State<Arc<Verifier>>, Reader(claims): Reader) -> Json<Claims> {
    Json(claims)
}

fn bearer(headers: &HeaderMap) -> &str {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default()
}

/// RFC 6750 section 3.
fn refusal(refused: Refused) -> Response {
    let (status, challenge) = match refused {
        Refused::Token => (StatusCode::UNAUTHORIZED, r#"Bearer error="invalid_token""#),
        Refused::Scope => (StatusCode::FORBIDDEN, r#"Bearer error="insufficient_scope""#),
        Refused::Unavailable => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}
