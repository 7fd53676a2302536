/**
 * An OpenID provider that is not Cardea, for people to sign in with: oidc-provider as it comes from npm. It has one client
 * and no pages: whoever is sent there is signed in at once as the person that the test says.
 */

import { generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import Provider, { type Configuration, type InteractionResults } from 'oidc-provider';

type UpstreamPerson = { sub: string } & Record<string, unknown>;

export type OpenIdProvider = {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Who signs in from now on; undefined: nobody does, and the request is refused (`access_denied`). */
  signInAs(person: UpstreamPerson | undefined): void;
  close(): Promise<void>;
};

const clientId = 'cardea';
const clientSecret = 'the-secret-of-cardea-at-the-other-provider';

/** `redirectUris`: of Cardea. `how`: what its ID tokens say of each sign-in. */
export async function startOpenIdProvider({
  redirectUris,
  how = {},
}: {
  redirectUris: readonly string[];
  how?: Pick<NonNullable<InteractionResults['login']>, 'acr' | 'amr'>;
}): Promise<OpenIdProvider> {
  const people = new Map<string, UpstreamPerson>();
  let current: UpstreamPerson | undefined;
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    ...(await configurationOf(people)),
    clients: [
      {
        ...{ client_id: clientId, client_secret: clientSecret },
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
  });

  const signIn = async (...[request, response]: Parameters<typeof provider.interactionDetails>) => {
    if (!current) {
      const result = { error: 'access_denied', error_description: 'The person said no.' };
      return provider.interactionFinished(request, response, result);
    }
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({
      accountId: current.sub,
      clientId: String(params.client_id),
    });
    grant.addOIDCScope(String(params.scope));
    const login = { ...how, accountId: current.sub, remember: false };
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { login, consent });
  };

  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
    signIn(request, response).catch(() => response.writeHead(500).end());
  });

  return {
    ...{ issuer, clientId, clientSecret },
    signInAs(person) {
      current = person;
      if (person) people.set(person.sub, person);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function configurationOf(
  people: ReadonlyMap<string, UpstreamPerson>,
): Promise<Configuration> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' } as never],
    },
    cookies: { keys: ['only-for-tests'] },
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: [
        'name',
        'given_name',
        'family_name',
        'preferred_username',
        'groups',
        'realm_access',
      ],
    },
    findAccount: async (_ctx, sub) => ({
      accountId: sub,
      claims: async () => people.get(sub) ?? { sub },
    }),
    renderError: async (ctx, { error, error_description: description }) => {
      ctx.type = 'text';
      ctx.body = `${error}: ${description}`;
    },
  };
}
