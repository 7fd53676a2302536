/**
 * The API key part of `cardea inspect`: what the key is and whether it can be used. Never shows the key itself.
 */
import { findOwner, keyView, type Owner, parseKey } from '../../api_keys/room.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { OperatorContext } from '../context.ts';
import type { Inspection } from '../inspect.ts';

/** Undefined if it does not look like an API key. */
export async function inspectApiKey(
  { store, apis, clock }: OperatorContext,
  value: string,
): Promise<Inspection | undefined> {
  const parsed = parseKey(value);
  if (!parsed) return undefined;
  const { isChecksumRight } = parsed;
  const record = isChecksumRight ? await store.apiKeys.findByHash(sha256(value)) : undefined;
  const checks = [
    {
      name: 'checksum',
      ok: isChecksumRight,
      detail: isChecksumRight ? 'right' : 'wrong: it was mistyped or cut off',
    },
    {
      name: 'known',
      ok: record !== undefined,
      detail: record ? 'it is in the store' : 'no key in the store has this value',
    },
  ];
  if (!record) return { kind: 'API key', valid: false, claims: {}, checks };
  const owner = await findOwner(record, store);
  const dependencies = { ...owner, api: apis.find(record.api) };
  const view = keyView(record, { now: clock.now(), dependencies });
  checks.push({ name: 'state', ok: view.state === 'active', detail: view.state });
  checks.push({ name: 'owner', ...aboutOwner(record, owner) });
  const valid = checks.every(({ ok }) => ok);
  return { kind: 'API key', valid, claims: { ...view }, checks };
}

/** A key is blocked while its project or user is disabled, and permanently once that is deleted. */
function aboutOwner(
  { projectId }: ApiKeyRecord,
  { project, user }: Owner,
): { ok: boolean; detail: string } {
  const kind = projectId === undefined ? 'user' : 'project';
  const owner = project ?? user;
  if (!owner) return { ok: false, detail: `its ${kind} was deleted` };
  const isEnabled = owner.disabledAt === undefined;
  return { ok: isEnabled, detail: `its ${kind} is ${isEnabled ? 'enabled' : 'disabled'}` };
}
