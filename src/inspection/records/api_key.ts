/**
 * An API key: what its form says to anybody, and what is on record, to those who may know. Never shows the key itself.
 */
import { findOwner, keyView, type Owner, type Owners, parseKey } from '../../api_keys/room.ts';
import type { ApiRegistry } from '../../apis/room.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import { checkForApi } from '../portable/api_checks.js';
import { buildReport } from '../portable/build_report.js';
import { checkExpectations } from '../portable/expectations.js';
import { describeMembers } from '../portable/members.js';
import { say } from '../portable/statement.js';
import { utc } from '../portable/times.js';
import type { Report, Statement } from '../report.ts';
import type { Inspected } from './inspected.ts';

export type KeyRecords = {
  apiKeys: Pick<ApiKeyStore, 'findByHash'>;
  owners: Owners;
  apis: Pick<ApiRegistry, 'find'>;
};

/** What means something else in a token. */
const words = { name: 'key_name', updated_at: 'key_updated_at' };

/** Undefined if it does not look like an API key. */
export async function inspectApiKey(
  { apiKeys, owners, apis }: KeyRecords,
  { value, pasted, expectations, visitor, api, now }: Inspected,
): Promise<Report | undefined> {
  const parsed = parseKey(value);
  if (!parsed) return undefined;
  const { isChecksumRight, environment } = parsed;
  const facts = { kind: 'api_key', at: now, api: api?.name };
  const form = [
    ...pasted,
    say('fact', `key_${environment}`),
    isChecksumRight ? say('good', 'checksum_right') : say('bad', 'checksum_wrong', {}, 0),
  ];
  if (!isChecksumRight) return buildReport({ ...facts, found: { pasted: form } });
  if (!visitor.seesRecords) {
    return buildReport({
      ...facts,
      found: { pasted: form, state: [say('unchecked', 'key_not_looked_up')] },
    });
  }
  const record = await apiKeys.findByHash(sha256(value));
  if (!record) {
    const state = [say('bad', 'key_unknown_here', {}, 3)];
    return buildReport({ ...facts, found: { pasted: form, state } });
  }
  const owner = await findOwner(record, owners);
  const dependencies = { ...owner, api: apis.find(record.api) };
  const view = keyView(record, { now, dependencies });
  const claims = JSON.parse(JSON.stringify(view)) as Record<string, unknown>;
  const state = [
    aboutState(view.state, record, now),
    aboutOwner(record, owner),
    ...(dependencies.api ? [] : [say('bad', 'key_api_gone', { api: record.api }, 6)]),
    ...(record.allowIps.length > 0
      ? [say('caution', 'key_networks', { networks: record.allowIps.join(', ') })]
      : []),
  ];
  const asToken = { ...claims, aud: record.api, scope: record.scopes.join(' ') };
  return buildReport({
    ...{ ...facts, claims },
    members: { claims: describeMembers(claims, words) },
    found: {
      ...{ pasted: form, state },
      expectations: checkExpectations(asToken, expectations),
      api: api ? checkForApi({ kind: facts.kind, claims: asToken, api }) : [],
    },
  });
}

function aboutState(state: string, record: ApiKeyRecord, now: number): Statement {
  if (state === 'revoked') {
    return say('bad', 'key_revoked', { time: utc(record.revokedAt ?? now) }, 6);
  }
  if (state === 'expired') {
    return say('bad', 'key_expired', { time: utc(record.expiresAt ?? now) }, 5);
  }
  if (record.disabledAt !== undefined) return say('bad', 'key_disabled', {}, 6);
  return record.expiresAt === undefined
    ? say('good', 'key_without_end')
    : say('good', 'key_until', { time: utc(record.expiresAt) });
}

/** A key is blocked while its project or user is disabled, and permanently once that is deleted. */
function aboutOwner({ projectId }: ApiKeyRecord, { project, user }: Owner): Statement {
  const kind = projectId === undefined ? 'user' : 'project';
  const owner = project ?? user;
  if (!owner) return say('bad', `owner_${kind}_gone`, {}, 7);
  return owner.disabledAt === undefined
    ? say('good', `owner_${kind}_enabled`)
    : say('bad', `owner_${kind}_disabled`, {}, 7);
}
