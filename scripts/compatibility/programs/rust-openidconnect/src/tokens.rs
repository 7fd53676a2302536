//! The tokens of one session.
use std::error::Error;
use std::time::{Duration, Instant};

use openidconnect::core::CoreTokenResponse;
use openidconnect::{AccessToken, OAuth2TokenResponse, RefreshToken, reqwest};

use crate::OidcClient;

/// How long before its end a token is renewed.
const MARGIN: Duration = Duration::from_secs(10);

pub struct Tokens {
    access: AccessToken,
    refresh: Option<RefreshToken>,
    expires: Instant,
}

impl Tokens {
    pub fn of(response: &CoreTokenResponse) -> Self {
        Tokens {
            access: response.access_token().clone(),
            refresh: response.refresh_token().cloned(),
            expires: Instant::now() + response.expires_in().unwrap_or_default(),
        }
    }

    /// One that is good for some seconds yet. Callers wait for each other: of the refresh tokens only the newest counts.
    pub async fn access_token(
        &mut self,
        client: &OidcClient,
        http: &reqwest::Client,
    ) -> Result<AccessToken, Box<dyn Error + Send + Sync>> {
        if Instant::now() + MARGIN >= self.expires {
            let refresh = self.refresh.clone().ok_or("no refresh token")?;
            let request = client.exchange_refresh_token(&refresh)?;
            *self = Tokens::of(&request.request_async(http).await?);
        }
        Ok(self.access.clone())
    }
}
