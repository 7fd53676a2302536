/**
 * The first code for a new client, with its own values: the shortest that works, after the guides of docs/integrations.
 */
import { type VerifiedApi, verifyingSteps } from '../apis/verifying_code.ts';
import { baseOf, curl, jsText } from '../parts/code_texts.ts';
import type { Step } from '../parts/secret_view.ts';
import { shellWord } from '../parts/shell_word.ts';
import type { ClientKind } from './kinds.ts';

type Started = {
  issuer: string;
  client: Record<string, unknown>;
  /** As it was shown; undefined: there is none, or it is known to nobody here. */
  secret: string | undefined;
  /** The API that the client is, where that is known. */
  isApi?: VerifiedApi | undefined;
};

export function starterSteps(kind: ClientKind | undefined, started: Started): readonly Step[] {
  switch (kind?.id) {
    case 'web':
      return [environment(started), expressApp(started)];
    case 'spa':
      return [reactPage(started)];
    case 'native':
      return [discovery(started), nativeRequest(started)];
    case 'service':
      return [tokenRequest(started), useToken(started)];
    case 'agent':
      return [exchangeRequest(started), useToken(started)];
    case 'resource_server':
      return verifyingSteps(started.isApi ?? someApi, {
        issuer: started.issuer,
        client: { id: idOf(started), secret: secretOf(started) },
      });
    default:
      return [discovery(started)];
  }
}

/** Where nothing says yet which API it is. */
const someApi: VerifiedApi = { identifier: 'https://your-api.example', scopes: [], format: 'jwt' };
const idOf = ({ client }: Started) => String(client.client_id);
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const secretOf = ({ secret }: Started) => secret ?? 'the-secret-of-this-client';
const scopesOf = ({ client }: Started) =>
  String(client.scope ?? '')
    .split(' ')
    .filter(Boolean);
/** Those that a client asks for on its own behalf. */
const apiScopesOf = (started: Started) => {
  const aboutPeople = [
    'openid',
    'profile',
    'email',
    'address',
    'phone',
    'offline_access',
    'groups',
  ];
  return scopesOf(started).filter((scope) => !aboutPeople.includes(scope));
};

function tokenRequest(started: Started): Step {
  const scope = apiScopesOf(started).join(' ');
  const [api, ...others] = listOf(started.client.apis);
  const request = curl(`${baseOf(started.issuer)}/token`, `${idOf(started)}:${secretOf(started)}`, [
    ['grant_type', 'client_credentials'],
    ...(api && others.length > 0 ? [['resource', api] as [string, string]] : []),
    ...(scope ? [['scope', scope] as [string, string]] : []),
  ]);
  return {
    title: 'Get a token',
    text: 'Keep it until shortly before it expires, then ask for the next one.',
    code: [{ caption: 'Shell', text: request }],
  };
}

function useToken({ client }: Started): Step {
  // Most APIs are called where they are identified.
  const api = listOf(client.apis).find((identifier) => /^https?:/.test(identifier));
  const url = shellWord(api ?? someApi.identifier);
  const text = `curl -s ${url} \\\n  -H "Authorization: Bearer $TOKEN"`;
  return { title: 'Call the API with it', code: [{ caption: 'Shell', text }] };
}

function exchangeRequest(started: Started): Step {
  const type = 'urn:ietf:params:oauth:token-type:access_token';
  const [api = someApi.identifier] = listOf(started.client.apis);
  const scope = apiScopesOf(started).join(' ');
  const request = curl(`${baseOf(started.issuer)}/token`, `${idOf(started)}:${secretOf(started)}`, [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    ['subject_token_type', type],
    ['resource', api],
    ...(scope ? [['scope', scope] as [string, string]] : []),
  ]);
  return {
    title: 'Exchange a person’s token for one of its own',
    text: 'The new token names the person and the agent, and may do no more than the person’s.',
    code: [{ caption: 'Shell', text: `${request} \\\n  -d subject_token="$TOKEN_OF_THE_PERSON"` }],
  };
}

function environment(started: Started): Step {
  const [callback = 'https://app.example.com/callback'] = listOf(started.client.redirect_uris);
  const origin = URL.parse(callback)?.origin ?? 'https://app.example.com';
  const lines = [
    `ISSUER=${shellWord(started.issuer)}`,
    `CLIENT_ID=${shellWord(idOf(started))}`,
    `CLIENT_SECRET=${shellWord(secretOf(started))}`,
    `ORIGIN=${shellWord(origin)}`,
  ];
  return {
    title: 'Tell the app who it is',
    text: 'Most libraries find everything else by the issuer.',
    code: [{ caption: 'Environment', text: lines.join('\n') }],
  };
}

function expressApp(started: Started): Step {
  const scope = scopesOf(started).join(' ') || 'openid';
  const text = `import express from 'express';
import oidc from 'express-openid-connect';

const { auth, requiresAuth } = oidc;
const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, SESSION_SECRET } = process.env;

const app = express();
app.use(
  auth({
    issuerBaseURL: ISSUER,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    baseURL: ORIGIN,
    secret: SESSION_SECRET, // encrypts the session cookie
    authRequired: false,
    idpLogout: true,
    authorizationParams: { response_type: 'code', scope: ${jsText(scope)} },
  }),
);

app.get('/profile', requiresAuth(), (request, response) => response.json(request.oidc.user));
app.listen(8080);`;
  return {
    title: 'Sign people in',
    text: 'With Express. The guides in docs/integrations have the same for Django, Flask, Spring Boot, .NET, Next.js, Fastify, Go and Rust.',
    code: [{ caption: 'main.js', text }],
  };
}

function reactPage(started: Started): Step {
  const [callback = 'https://app.example.com/'] = listOf(started.client.redirect_uris);
  const text = `import { AuthProvider, useAuth } from 'react-oidc-context';

const settings = {
  authority: ${jsText(started.issuer)},
  client_id: ${jsText(idOf(started))},
  redirect_uri: ${jsText(callback)},
  scope: ${jsText(scopesOf(started).join(' ') || 'openid')},
};

function App() {
  const auth = useAuth();
  if (auth.isLoading) return null;
  if (!auth.isAuthenticated) {
    return <button onClick={() => auth.signinRedirect()}>Sign in</button>;
  }
  return <p>Signed in as {auth.user.profile.name}</p>;
}

export default () => <AuthProvider {...settings}><App /></AuthProvider>;`;
  return {
    title: 'Sign people in',
    text: 'With React. Without it, use oidc-client-ts itself with the same settings.',
    code: [{ caption: 'App.jsx', text }],
  };
}

function discovery(started: Started): Step {
  const text = curl(`${baseOf(started.issuer)}/.well-known/openid-configuration`, undefined, []);
  return {
    title: 'Where everything is',
    text: 'AppAuth and most other libraries take the issuer and find the rest.',
    code: [{ caption: 'Shell', text }],
  };
}

function nativeRequest(started: Started): Step {
  const [redirect = 'com.example.app:/callback'] = listOf(started.client.redirect_uris);
  const query = new URLSearchParams({
    ...{ client_id: idOf(started), response_type: 'code', redirect_uri: redirect },
    ...{ scope: scopesOf(started).join(' ') || 'openid' },
    ...{ state: 'STATE', code_challenge: 'CHALLENGE', code_challenge_method: 'S256' },
  });
  return {
    title: 'Begin a sign-in',
    text: 'In the system’s browser, never in a view inside the app (RFC 8252). The library makes state and challenge anew for each sign-in.',
    code: [{ caption: 'Address', text: `${baseOf(started.issuer)}/authorize?${query}` }],
  };
}
