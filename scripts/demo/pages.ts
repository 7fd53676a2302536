/** The demonstration app's pages. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';

type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

const style = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 14%, Canvas); }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 0 0 .5rem; }
  p { margin: 0 0 1.5rem; } section { border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
  pre { margin: 0; overflow-x: auto; font-size: .8125rem; }
  .button { display: inline-block; font: inherit; font-weight: 600; color: #fff; background: #4f46e5; border: 0;
    border-radius: 8px; padding: .7rem 1.25rem; text-decoration: none; cursor: pointer; }
  .quiet { background: none; color: inherit; border: 1px solid var(--line); }
  form { display: inline-block; margin: 0 .5rem 0 0; }`;

export function homePage(): string {
  return page(
    'Shop',
    `<h1>Shop</h1><p>A demonstration app. It knows nothing of passwords: it sends you to Cardea.</p>
     <p><a class="button" href="/sign-in">Sign in with Cardea</a></p>
     <p>Use <b>alice</b> with the password <b>password</b>.</p>`,
  );
}

export function messagePage(text: string): string {
  return page(
    'Shop',
    `<h1>That did not work</h1><p>${escapeHtml(text)}</p><p><a href="/">Back</a></p>`,
  );
}

/** `api`: what the demonstration API answered to the access token. */
export function signedInPage(tokens: Tokens, api: { status: number; body: unknown }): string {
  const name = String(tokens.claims()?.name ?? tokens.claims()?.sub);
  return page(
    'Shop',
    `<h1>Welcome, ${escapeHtml(name)}</h1><p>You are back in the app, signed in by Cardea.</p>
     ${block('ID token: who you are', tokens.claims())}
     ${block(`API call with the access token: ${api.status}`, api.body)}
     ${block('Access token', { header: decodeProtectedHeader(tokens.access_token), claims: decodeJwt(tokens.access_token) })}
     <form method="post" action="/refresh"><button class="button">Refresh the tokens</button></form>
     <form method="post" action="/sign-out"><button class="button quiet">Sign out</button></form>`,
  );
}

function block(title: string, content: unknown): string {
  return `<section><h2>${escapeHtml(title)}</h2><pre>${escapeHtml(JSON.stringify(content, null, 2))}</pre></section>`;
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>${title}</title><style>${style}</style><body>${body}</body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
