/** Programs that are an API: what they accept and refuse, asked with tokens of a service and of a person. */
import assert from 'node:assert/strict';
import * as openid from 'openid-client';
import { type CommandLine, whileRunning } from '../processes.ts';
import type { Person, Place, Program } from '../program.ts';
import { orders } from '../surroundings/orders.ts';
import { secretOf } from './declared_client.ts';

type ApiApp = Pick<Program, 'name' | 'registry' | 'version' | 'settings' | 'install'> & {
  /** Unique among the programs: `spring-boot`. */
  id: string;
  /** It asks Cardea about each token; default: it verifies JWTs (RFC 9068) by itself. */
  introspects?: boolean;
  /** The command line of the server. It guards `/orders` with the scope `orders:read`. */
  command(place: Place): CommandLine;
};

/** Starts the API with ISSUER, AUDIENCE, PORT, and CLIENT_ID and CLIENT_SECRET for introspection. */
export function apiApp({ id, introspects = false, command, ...about }: ApiApp): Program {
  const audience = `https://${id}.example`;
  const otherAudience = `https://other-than-${id}.example`;
  const { scopes } = orders;
  const secret = secretOf(id);
  const client = {
    client_id: `${id}-client`,
    client_secret: secret,
    grant_types: ['authorization_code', 'client_credentials'],
    scope: 'openid orders:read orders:write',
    apis: [audience, otherAudience],
  };

  const tokensFor = async ({ issuer, origin }: Place, person: Person) => {
    const config = await openid.discovery(new URL(issuer), client.client_id, secret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
    const service = async (resource: string, scope = 'orders:read') =>
      (await openid.clientCredentialsGrant(config, { resource, scope })).access_token;
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const request = openid.buildAuthorizationUrl(config, {
      redirect_uri: `${origin}/callback`,
      scope: 'openid orders:read',
      resource: audience,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const { url } = await person.visit(request.href);
    const ofPerson = await openid.authorizationCodeGrant(config, new URL(url), {
      pkceCodeVerifier,
      idTokenExpected: true,
    });
    return {
      revoke: (token: string) => openid.tokenRevocation(config, token),
      service: await service(audience),
      person: ofPerson.access_token,
      idToken: ofPerson.id_token,
      withoutScope: await service(audience, 'orders:write'),
      ofOtherApi: await service(otherAudience),
    };
  };

  return {
    ...about,
    flow: introspects ? 'introspection at an API' : 'JWT access tokens at an API',
    declaration: (origin) => ({
      apis: [
        {
          identifier: audience,
          name: `Orders of ${about.name}`,
          client_id: id,
          scopes,
        },
        { identifier: otherAudience, name: `Other than ${about.name}`, scopes },
      ],
      clients: [
        { ...client, redirect_uris: [`${origin}/callback`] },
        { client_id: id, client_secret: secret, grant_types: [] },
      ],
    }),
    attempt(place, person) {
      const env = {
        ISSUER: place.issuer,
        AUDIENCE: audience,
        PORT: String(place.port),
        CLIENT_ID: id,
        CLIENT_SECRET: secret,
      };
      const statusOf = async (token?: string) => {
        const headers = token ? { authorization: `Bearer ${token}` } : undefined;
        const response = await fetch(`${place.origin}/orders`, { ...(headers && { headers }) });
        await response.body?.cancel();
        return response.status;
      };
      const surroundings = { folder: place.folder, env };
      return whileRunning(command(place), surroundings, async (api) => {
        await api.answersAt(place.origin);
        const { revoke, service, person: ofPerson, ...refused } = await tokensFor(place, person);
        const tampered = `${service.slice(0, -8)}${service.slice(-8).split('').reverse().join('')}`;
        const statuses = {
          service: await statusOf(service),
          person: await statusOf(ofPerson),
          none: await statusOf(),
          tampered: await statusOf(tampered),
          idToken: await statusOf(refused.idToken),
          ofOtherApi: await statusOf(refused.ofOtherApi),
          withoutScope: await statusOf(refused.withoutScope),
        };
        assert.deepEqual(statuses, {
          ...{ service: 200, person: 200, withoutScope: 403 },
          ...{ none: 401, tampered: 401, idToken: 401, ofOtherApi: 401 },
        });
        const seen =
          "a service's and a person's token accepted; wrong audience, scope, signature and ID token refused";
        if (!introspects) return seen;
        await revoke(service);
        assert.equal(await statusOf(service), 401, 'a revoked token was accepted');
        return `${seen}; a revoked token, too`;
      });
    },
  };
}
