/**
 * Values that mean something only to this server: opaque access tokens, refresh tokens, codes, registration tokens.
 * Looked up by their hash, for those who may know.
 */
import { iso } from '../../clock.ts';
import { linksOf } from '../../oidc/room.ts';
import { type Artifact, type ArtifactStore, indexedKinds } from '../../storage/artifacts.ts';
import type { Revocations } from '../../tokens/room.ts';
import { checkForApi } from '../portable/api_checks.js';
import { buildReport } from '../portable/build_report.js';
import { checkExpectations } from '../portable/expectations.js';
import { describeMembers } from '../portable/members.js';
import { say } from '../portable/statement.js';
import { utc } from '../portable/times.js';
import type { Report, Statement } from '../report.ts';
import { findToken } from './find_token.ts';
import type { Inspected } from './inspected.ts';
import { revokedBecause } from './revocation_reasons.ts';

export type StoredRecords = {
  artifacts: Pick<ArtifactStore, 'find'>;
  revocations: Pick<Revocations, 'revokedBy'>;
};

const kindCodes: Record<string, string> = {
  AccessToken: 'opaque_access_token',
  ClientCredentials: 'opaque_client_token',
  RefreshToken: 'refresh_token',
  AuthorizationCode: 'authorization_code',
  DeviceCode: 'device_code',
  InitialAccessToken: 'initial_access_token',
  RegistrationAccessToken: 'registration_access_token',
};

/** As the protocol engine and initial_access_tokens.ts make them. */
const ownForm = /^[\w-]{43}$/;

export async function inspectStored(
  records: StoredRecords,
  { value, pasted, expectations, visitor, api, now }: Inspected,
): Promise<Report> {
  const facts = { kind: 'opaque', at: now, api: api?.name };
  if (!visitor.seesRecords) {
    const form = ownForm.test(value) ? 'opaque_own_form' : 'opaque_other_form';
    const state = [say('unchecked', 'opaque_not_looked_up')];
    return buildReport({ ...facts, found: { pasted: [...pasted, say('fact', form)], state } });
  }
  const artifact = await findToken(records.artifacts, value, now);
  if (!artifact) {
    const state = [say('bad', 'opaque_unknown', {}, 3)];
    return buildReport({ ...facts, found: { pasted, state } });
  }
  const kind = kindCodes[artifact.kind] ?? 'opaque';
  const claims = claimsOf(artifact);
  return buildReport({
    ...{ ...facts, kind, claims },
    members: { claims: describeMembers(claims) },
    found: {
      pasted,
      state: await stateOf(records, artifact, now),
      expectations: checkExpectations(claims, expectations),
      api: api ? checkForApi({ kind, claims, api }) : [],
    },
  });
}

async function stateOf(
  { artifacts, revocations }: StoredRecords,
  artifact: Artifact,
  now: number,
): Promise<Statement[]> {
  const { kind, consumedAt, expiresAt, grantId } = artifact;
  const isRotated = kind === 'RefreshToken';
  const spent = isRotated ? 'rotated' : 'spent';
  const links = linksOf(artifact);
  const markers = links ? await revocations.revokedBy(links) : [];
  const hasGrant = !grantId || (await artifacts.find(indexedKinds.grant, grantId, now));
  const end = { time: utc(expiresAt), span: (expiresAt - now) / 1000 };
  return [
    ...(consumedAt === undefined
      ? [say('good', 'record_until', end)]
      : [say('bad', spent, { time: utc(consumedAt) }, 5)]),
    ...revokedBecause(markers),
    ...(hasGrant || markers.length > 0 ? [] : [say('bad', 'grant_ended', {}, 6)]),
    ...(markers.length === 0 && hasGrant ? [say('good', 'not_revoked')] : []),
  ];
}

function claimsOf(artifact: Artifact): Record<string, unknown> {
  const { payload, familyId, grantId, clientId, accountId, consumedAt, expiresAt } = artifact;
  const { jkt, 'x5t#S256': thumbprint } = payload;
  const members = {
    client_id: clientId,
    user_id: accountId,
    scope: payload.scope,
    aud: payload.aud ?? payload.resource,
    grant_id: grantId,
    family_id: familyId,
    cnf: jkt ? { jkt } : thumbprint ? { 'x5t#S256': thumbprint } : undefined,
    issued_at: iso(Number(payload.iat) * 1000),
    consumed_at: iso(consumedAt),
    expires_at: iso(expiresAt),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
