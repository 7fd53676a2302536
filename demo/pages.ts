/** The demonstration app's pages. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Revocation, SignedIn } from './client.ts';

/** What the demonstration API answered to the access token. */
type ApiAnswer = { status: number; body: unknown };
type Order = { id: number; item: string; quantity: number };

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="none"
  stroke="#0d7a5f" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path
  d="M5 8h14l1 12.5H4zM8.5 11V7a3.5 3.5 0 0 1 7 0v4"/></svg>`;

export function homePage(): string {
  return page(
    'Shop',
    `<h1>Your orders, once you sign in</h1>
     <p class="lead">This demonstration app never sees a password. It sends you to Cardea, which asks who you are
     and what the app may know.</p>
     <p><a class="button" href="/sign-in">Sign in with Cardea</a></p>
     <p class="hint">You are <b>alice</b>, and your password is <b>password</b>.</p>`,
  );
}

export function messagePage({ title, text = '' }: { title: string; text?: string }): string {
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1><p class="lead">${escapeHtml(text)}</p>
     <p><a class="button quiet" href="/">Back to the shop</a></p>`,
  );
}

export function signedInPage(person: SignedIn, api: ApiAnswer): string {
  const { claims, accessToken, refreshes, revocation } = person;
  const name = String(claims.name ?? claims.preferred_username ?? 'stranger');
  const isAwaited = revocation !== undefined && api.status !== 401;
  return page(
    'Shop',
    `<h1>Welcome, ${escapeHtml(name)}</h1>
     <p class="lead">Cardea signed you in, and you are back in the app. This is what it got:</p>
     ${revocation ? revoked(revocation, api.status) : ''}
     ${section('ID token', 'who you are', facts(claims) + json(claims))}
     ${section('Orders API', `answered ${api.status}`, orders(api) + json(api.body))}
     ${section(
       'Access token',
       refreshes === 0 ? 'what it may do' : `refreshed ${times(refreshes)}`,
       token(accessToken),
     )}
     <div class="row">
     <form method="post" action="/refresh"><button class="button">Refresh the tokens</button></form>
     ${revocation ? '' : revokeButton}
     <form method="post" action="/sign-out"><button class="button quiet">Sign out</button></form></div>`,
    // Asks the API again until it has heard of it.
    isAwaited ? '<meta http-equiv="refresh" content="1">' : '',
  );
}

const revokeButton = `<form method="post" action="/revoke">
  <button class="button quiet">Revoke the access token</button></form>`;

function revoked({ effectiveWithin }: Revocation, status: number): string {
  const text =
    status === 401
      ? `The API refuses the token that it accepted a moment ago. It has not asked Cardea about this token: it
         verifies tokens by itself, and follows Cardea’s status list.`
      : `Cardea promises that every API refuses the token within ${effectiveWithin} seconds. Looking again …`;
  return `<p class="notice" role="status"><b>You revoked the access token.</b> ${text}</p>`;
}

function facts(claims: SignedIn['claims']): string {
  const told: [string, unknown][] = [
    ['Name', claims.name],
    ['Email', claims.email],
    ['Subject', claims.sub],
  ];
  return list(told.filter(([, value]) => value !== undefined));
}

function orders({ status, body }: ApiAnswer): string {
  if (status === 401) return '<p>The app has to get a new token first.</p>';
  if (status !== 200) return '<p>The app may not see your orders: you did not allow it.</p>';
  const rows = (body as { orders: Order[] }).orders.map(
    ({ id, item, quantity }) =>
      `<tr><td>${id}</td><td>${escapeHtml(item)}</td><td>${quantity}</td></tr>`,
  );
  return `<table><thead><tr><th>Order</th><th>Item</th><th>Quantity</th></tr></thead>
    <tbody>${rows.join('')}</tbody></table>`;
}

/** An API with `access_token_format: opaque` has tokens that nobody else can read. */
function token(accessToken: string): string {
  if (accessToken.split('.').length !== 3) return '<p>It is opaque: only Cardea can read it.</p>';
  const claims = decodeJwt(accessToken);
  const expires = new Date(Number(claims.exp) * 1000).toISOString().slice(11, 19);
  return (
    list([
      ['For', [claims.aud].flat()[0]],
      ['Scope', claims.scope],
      ['Expires', `${expires} UTC`],
    ]) + json({ header: decodeProtectedHeader(accessToken), claims })
  );
}

function list(entries: [string, unknown][]): string {
  const rows = entries.map(
    ([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(String(value))}</dd></div>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}

function json(content: unknown): string {
  return `<details><summary>As it came</summary>
    <pre tabindex="0">${escapeHtml(JSON.stringify(content, null, 2))}</pre></details>`;
}

function section(title: string, note: string, content: string): string {
  return `<section><h2>${title} <span>${note}</span></h2>${content}</section>`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
    <link rel="stylesheet" href="/app.css">${head}</head>
    <body><header>${icon}<span>Shop</span></header><main>${body}</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
