/** How each kind of credential is got, from either node. Who may not have one gets none, and that is no fact. */
import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { sha256 } from '../../../src/digests.ts';
import { createAppSession, tokensOf } from '../../support/app_session.ts';
import { basic } from '../../support/flows.ts';
import { introspect } from '../../support/holder.ts';
import { by, type Cast, postUntilServed } from './cast.ts';
import {
  apiSecret,
  callback,
  clientScope,
  exchangeGrant,
  introspectors,
  notes,
  orders,
} from './configuration.ts';
import {
  type Credential,
  credentialsIn,
  isAlive,
  isEnabled,
  restrictionOf,
  secretsOf,
} from './facts.ts';
import type { Step } from './steps.ts';

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const apiKeyType = 'urn:cardea:token-type:api_key';

/** The client of a step, with its newest secret where it may authenticate. */
function clientOf({ clients, facts }: Cast, { which }: Step) {
  const id = clients[which % 2] ?? '';
  const [newest] = secretsOf(facts, id);
  return { id, secret: newest?.isValid ? newest.secret : undefined };
}

/** One of those that live; undefined: there is none. */
export function livingOf(
  { facts }: Cast,
  { which }: Step,
  fits: (credential: Credential) => boolean,
): Credential | undefined {
  const living = credentialsIn(facts).filter((one) => fits(one) && isAlive(facts, one));
  return living[which % living.length];
}

/** What the token says of itself, or its API is told: for a model that asks nobody what is alive. */
async function describe({ stage }: Cast, step: Step, api: string, value: string) {
  if (api === orders) {
    const { iat = 0 } = decodeJwt(value);
    const signingKey = decodeProtectedHeader(value).kid;
    return { kind: 'jwt' as const, value, api, signingKey, issuedAt: iat * 1000 };
  }
  const caller = { clientId: introspectors[api] ?? '', secret: apiSecret };
  const { body } = await introspect(stage.node(step.node).url, caller, value);
  return { kind: 'opaque' as const, value, api, issuedAt: Number(body.iat) * 1000 };
}

function apiOf({ facts }: Cast, client: string, { more }: Step): string {
  return more && restrictionOf(facts, client).hasNotes ? notes : orders;
}

async function tokenFrom(
  cast: Cast,
  step: Step,
  fields: Record<string, string>,
  client?: { id: string; secret: string },
) {
  const headers = client && { authorization: basic(client.id, client.secret) };
  const answer = await postUntilServed(`${cast.stage.node(step.node).url}/token`, fields, headers);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

export async function issueServiceToken(cast: Cast, step: Step): Promise<void> {
  const { id, secret } = clientOf(cast, step);
  if (secret === undefined) return;
  const resource = apiOf(cast, id, step);
  const fields = { grant_type: 'client_credentials', resource };
  const body = await tokenFrom(cast, step, fields, { id, secret });
  const described = await describe(cast, step, resource, String(body.access_token));
  cast.issued({ ...described, client: id, scope: String(body.scope).split(' ').sort() });
}

/** By its own client, for a JWT: an API of opaque tokens cannot be the target. */
export async function exchangeToken(cast: Cast, step: Step): Promise<void> {
  const isFit = ({ kind, client }: Credential) => kind !== 'refresh' && client !== undefined;
  const from = livingOf(cast, step, isFit);
  const [newest] = secretsOf(cast.facts, from?.client ?? '');
  if (!from?.client || !newest?.isValid) return;
  const fields = {
    ...{ grant_type: exchangeGrant, subject_token: from.value, resource: orders },
    subject_token_type: accessTokenType,
  };
  const client = { id: from.client, secret: newest.secret };
  const body = await tokenFrom(cast, step, fields, client);
  const described = await describe(cast, step, orders, String(body.access_token));
  cast.issued({
    ...{ ...described, issuedAt: from.issuedAt, from },
    ...{ client: from.client, user: from.user, grant: from.grant, family: from.family },
  });
}

/** Of the project, or of the person. */
export async function createApiKey(cast: Cast, { more }: Step): Promise<void> {
  const { facts, stage, project, user } = cast;
  const isOwnerEnabled = more
    ? isEnabled(facts, 'user', user.id)
    : isEnabled(facts, 'project', project);
  if (!isOwnerEnabled) return;
  const owner = more ? { user_id: user.id } : { project_id: project };
  const { record, key } = await stage.apiKeys.create(
    { name: 'ci', api: orders, scopes: ['orders:read'], ...owner },
    { ...by, createdBy: 'operator' },
  );
  const links = more ? { user: user.id } : { project };
  cast.issued({ kind: 'key', value: key, api: orders, apiKey: record.id, ...links });
}

export async function exchangeApiKey(cast: Cast, step: Step): Promise<void> {
  const from = livingOf(cast, step, ({ kind }) => kind === 'key');
  if (!from) return;
  const fields = { grant_type: exchangeGrant, subject_token: from.value };
  const body = await tokenFrom(cast, step, { ...fields, subject_token_type: apiKeyType });
  const described = await describe(cast, step, orders, String(body.access_token));
  const { apiKey, user, project } = from;
  cast.issued({ ...described, apiKey, user, project, from });
}

/** Signs in anew, and gets an access and a refresh token. */
export async function signIn(cast: Cast, step: Step): Promise<void> {
  const { stage, user, facts } = cast;
  const { id: client, secret } = clientOf(cast, step);
  if (secret === undefined || !isEnabled(facts, 'user', user.id)) return;
  const resource = apiOf(cast, client, step);
  const app = createAppSession({
    ...{ issuer: stage.issuer, clientId: client, secret, person: user, redirectUri: callback },
    scope: restrictionOf(facts, client).scope?.join(' ') ?? clientScope,
  });
  const code = await app.newCode({ resource });
  let answer = await app.redeem(stage.node(step.node), code);
  while (answer.status === 503) answer = await app.redeem(stage.node(step.node), code);
  const { accessToken, refreshToken } = tokensOf(answer);
  const { artifacts } = stage.store;
  const refresh = await artifacts.find('RefreshToken', sha256(refreshToken), Date.now());
  assert.ok(refresh?.familyId && refresh.grantId);
  const links = { client, user: user.id, family: refresh.familyId, grant: refresh.grantId };
  const described = await describe(cast, step, resource, accessToken);
  const session = await artifacts.findSession(refresh.sessionUid ?? '', Date.now());
  assert.ok(session);
  // What is stored ends with its session. When a second ended in between, an instant could part them: once more.
  const { issuedAt } = described;
  if (Number(session.payload.loginTs) * 1000 !== issuedAt) return signIn(cast, step);
  cast.issued({ ...described, ...links });
  cast.issued({ kind: 'refresh', value: refreshToken, api: resource, issuedAt, ...links });
}
