//! A service that gets tokens for itself, an API that asks what they are worth, and a device that a person connects.
use std::{env::var, error::Error};

use oauth2::basic::{BasicClient, BasicTokenType};
use oauth2::*;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let issuer = var("ISSUER")?;
    let endpoint = |path: &str| format!("{issuer}{path}");
    let secret = || var("CLIENT_SECRET").map(ClientSecret::new);

    let service = BasicClient::new(ClientId::new("rust-oauth2".into()))
        .set_client_secret(secret()?)
        .set_token_uri(TokenUrl::new(endpoint("/token"))?);
    let request = service.exchange_client_credentials().add_scope(Scope::new("orders:read".into()));
    let token = request.request_async(&http).await?;

    let api = BasicClient::new(ClientId::new("rust-oauth2-api".into()))
        .set_client_secret(secret()?)
        .set_introspection_url(IntrospectionUrl::new(endpoint("/introspect"))?);
    let worth = api.introspect(token.access_token()).request_async(&http).await?;
    println!("active: {}, for {:?}", worth.active(), worth.scopes());

    let device = BasicClient::new(ClientId::new("rust-oauth2-device".into()))
        .set_device_authorization_url(DeviceAuthorizationUrl::new(endpoint("/device_authorization"))?)
        .set_token_uri(TokenUrl::new(endpoint("/token"))?);
    let request = device.exchange_device_code().add_scope(Scope::new("openid".into()));
    let details: StandardDeviceAuthorizationResponse = request.request_async(&http).await?;
    let complete = details.verification_uri_complete().ok_or("no complete address")?;
    println!("open {}", complete.secret());
    let token = device
        .exchange_device_access_token(&details)
        .request_async(&http, tokio::time::sleep, None)
        .await?;
    let refresh = token.refresh_token().ok_or("no refresh token")?;
    let next = device.exchange_refresh_token(refresh).request_async(&http).await?;
    println!("refreshed: {}", *next.token_type() == BasicTokenType::Bearer);
    Ok(())
}
