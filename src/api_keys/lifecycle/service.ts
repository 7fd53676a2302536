/**
 * The lifecycle of API keys: created, changed, disabled, rotated and revoked, each with its audit event and
 * announced to every process before the response is sent. A key is in plain text only in the response that
 * creates it (and sealed, for the minutes in which that call may be repeated); only its hash is stored.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import {
  type AuditRecord,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  createdAs,
  onRecord,
} from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import type { AuditEventType } from '../../definitions/events.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { invalidField, parseFields } from '../../input_check.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import { requireVersion } from '../../storage/change_record.ts';
import { DuplicateError } from '../../storage/errors.ts';
import type { ProjectStore } from '../../storage/projects.ts';
import type { UserStore } from '../../storage/users.ts';
import { type KillSwitches, type RevocationOutcome, revocationOf } from '../../tokens/room.ts';
import {
  keyChangeSchema,
  type NewApiKey,
  newApiKeySchema,
  rotationSchema,
} from '../model/input_schemas.ts';
import { createKey } from '../model/key_format.ts';
import { hasEnded, requireScopes, requireTier } from '../model/policy.ts';
import type { IdempotentRequests, MintedKey } from './idempotent_requests.ts';
import type { KeyChanges } from './key_changes.ts';
import { auditFieldsOf, keyDifference, newRecord } from './key_records.ts';
import { createApiKeyRotation, type RotatedKey } from './key_rotation.ts';
import { createKeyWriter, keyEnded, type WriteKey } from './key_writer.ts';

/** Who creates a key (`operator`, `user:<id>`, `client:<id>`), and the Idempotency-Key of the request. */
type CreationContext = ChangeContext & {
  createdBy: string;
  idempotencyKey?: string | undefined;
};

export type ApiKeys = {
  /** `input`: newApiKeySchema. Throws InvalidFieldsError, `idempotency_key_reused` (422). */
  create(input: unknown, making: CreationContext): Promise<{ record: ApiKeyRecord; key: string }>;
  /** Throws `not_found`, as all methods below do. */
  get(id: string): Promise<ApiKeyRecord>;
  /** Ascending by id. */
  list: ApiKeyStore['list'];
  /** When these keys were last used: key id to milliseconds since the epoch. */
  lastUses(ids: readonly string[]): Promise<Map<string, number>>;
  /** `input`: keyChangeSchema; absent fields stay. Throws InvalidFieldsError, `key_ended` (409). */
  update(id: string, input: unknown, by: ChangeContext): Promise<ApiKeyRecord>;
  /** Throws `key_ended` (409), as `enable` does. */
  disable(id: string, by: ChangeContext): Promise<ApiKeyRecord>;
  /** Throws `key_ended` (409): an ended key cannot be restored. */
  enable(id: string, by: ChangeContext): Promise<ApiKeyRecord>;
  /** `input`: rotationSchema. Throws `already_rotated`, `predecessor_alive`, `key_ended`, `key_disabled` (409). */
  rotate(
    id: string,
    input: unknown,
    making: CreationContext,
  ): Promise<RotatedKey & { key: string }>;
  /** Revokes the key for good, and every token exchanged for it. Idempotent. */
  revoke(
    id: string,
    options: { reason?: string | undefined },
    by: ChangeContext,
  ): Promise<RevocationOutcome>;
};

export type ApiKeysDependencies = {
  keys: ApiKeyStore;
  projects: Pick<ProjectStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  apis: Pick<ApiRegistry, 'find'>;
  policy: ApiKeysDeclaration;
  idempotent: IdempotentRequests;
  killSwitches: Pick<KillSwitches, 'throwSwitch' | 'changeAndRevoke'>;
  changes: Pick<KeyChanges, 'changed'>;
  audit: ChangeSink;
  clock: Clock;
};

export function createApiKeys({
  keys,
  projects,
  users,
  apis,
  policy,
  idempotent,
  killSwitches,
  changes,
  audit,
  clock,
}: ApiKeysDependencies): ApiKeys {
  const writer = createKeyWriter({ keys, changes, clock });
  const newKey = (environment: ApiKeyRecord['environment']) => () =>
    createKey(policy.prefix, environment);

  const eventOf = (
    type: AuditEventType,
    record: ApiKeyRecord,
    by: ChangeContext,
    { details, ...event }: Partial<AuditRecord> = {},
  ): AuditRecord => ({
    ...{ type, outcome: 'success', userId: record.userId, ...onRecord(by), ...event },
    details: { ...auditFieldsOf(record), ...details },
  });
  const recordedAs =
    (type: AuditEventType, by: ChangeContext, details?: Record<string, unknown>): WriteKey =>
    (next, found) => {
      const change = changeOf({ kind: 'api_key', id: next.id }, found, next);
      return audit.recordChange(eventOf(type, next, by, { ...change, details }), (event) =>
        keys.update(next, event),
      );
    };

  /** Checks the input against the API, the owner and the configuration. */
  async function requireAllowed(input: NewApiKey): Promise<void> {
    const { project, user, api } = await ownerOf(input);
    if (project?.disabledAt !== undefined) throw invalidField(['project_id'], 'is disabled');
    if (user?.disabledAt !== undefined) throw invalidField(['user_id'], 'is disabled');
    requireScopes(input.scopes, api, project);
    requireTier(input.tier, policy);
  }

  async function ownerOf({ api: identifier, project_id, user_id }: OwnerFields) {
    const api = apis.find(identifier);
    if (!api) throw invalidField(['api'], 'is not an API');
    const project = project_id === undefined ? undefined : await projects.find(project_id);
    if (project_id !== undefined && !project) throw invalidField(['project_id'], 'does not exist');
    if (project && project.api !== identifier) {
      throw invalidField(['api'], 'is not the API of the project');
    }
    const user = user_id === undefined ? undefined : await users.find(user_id);
    if (user_id !== undefined && !user) throw invalidField(['user_id'], 'does not exist');
    return { api, project, user };
  }

  /** Undefined: a repeated call finds that the first one succeeded. */
  async function insert(
    record: ApiKeyRecord,
    created: AuditRecord,
  ): Promise<ApiKeyRecord | undefined> {
    try {
      await audit.recordChange(created, (event) => keys.create(record, event).then(() => true));
      return record;
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      return undefined;
    }
  }

  const revoke: ApiKeys['revoke'] = async (id, { reason }, by) => {
    const record = await writer.get(id);
    const { target, order } = revocationOf.apiKey(record, auditFieldsOf(record));
    return killSwitches.throwSwitch(target, {
      ...order,
      ...onRecord(by),
      reason: reason ?? by.reason,
    });
  };

  /** Changes the key and revokes every token exchanged for it so far. */
  const endTokens = <T>(
    record: ApiKeyRecord,
    { reason, ...by }: ChangeContext & { reason: string },
    change: () => Promise<T>,
  ) =>
    killSwitches.changeAndRevoke(
      { tokensOfApiKey: record.id },
      {
        type: 'revocation.api_key_tokens',
        ...{ userId: record.userId, details: auditFieldsOf(record), ...onRecord(by), reason },
      },
      change,
    );

  /** The same, if the key's new end (ms) is before the expiry of its tokens, which resource servers rely on. */
  const endTokensIfShortened = <T>(
    end: number | null | undefined,
    record: ApiKeyRecord,
    by: ChangeContext,
    change: () => Promise<T>,
  ) => {
    const { expiresAt = Infinity } = record;
    const isBeforeTheirs = end != null && end < clock.now() + lifetimes.accessTokenOfKey * 1000;
    return isBeforeTheirs && end < expiresAt
      ? endTokens(record, { ...by, reason: 'expiry changed' }, change)
      : change();
  };

  return {
    get: writer.get,
    list: (options) => keys.list(options),
    revoke,

    async lastUses(ids) {
      const uses = await keys.lastUses(ids);
      return new Map(uses.map(({ keyId, lastUsedAt }) => [keyId, lastUsedAt]));
    },

    async create(input, { createdBy, idempotencyKey, ...by }) {
      const request = { caller: createdBy, idempotencyKey, content: ['create', input] };
      /** With a fixed id, so that it is there once: whoever created the key may have crashed before recording it. */
      const createdEvent = (record: ApiKeyRecord, { id, at }: MintedKey) =>
        eventOf('api_key.created', record, by, {
          ...{ id: `${id}.created`, at },
          ...createdAs({ kind: 'api_key', id }, record),
        });
      const repeated = async (record: ApiKeyRecord, minted: MintedKey) => {
        await audit.record(createdEvent(record, minted));
        return { record, key: minted.key };
      };
      const earlier = await idempotent.findMinted(request);
      const done = earlier && (await keys.find(earlier.id));
      if (done) return repeated(done, earlier);

      const wanted = parseFields(newApiKeySchema, input);
      const making = { createdBy, policy };
      await requireAllowed(wanted);
      // Checked before anything is written: a rejected request leaves nothing behind.
      newRecord(wanted, { id: '', key: '', at: clock.now() }, making);
      const minted = earlier ?? (await idempotent.mint(request, newKey(wanted.environment)));
      const record = newRecord(wanted, minted, making);
      const inserted = await insert(record, createdEvent(record, minted));
      if (!inserted) return repeated(await writer.get(record.id), minted);
      return { record: inserted, key: minted.key };
    },

    async update(id, input, by) {
      const change = parseFields(keyChangeSchema, input);
      requireTier(change.tier, policy);
      const before = await writer.get(id);
      requireVersion(before, by);
      if (hasEnded(before, clock.now())) throw keyEnded();
      const { api, projectId: project_id, userId: user_id } = before;
      if (change.scopes) {
        const owner = await ownerOf({ api, project_id, user_id });
        requireScopes(change.scopes, owner.api, owner.project);
      }
      const apply = () =>
        writer.change(
          id,
          (current) => {
            if (hasEnded(current, clock.now())) throw keyEnded();
            return keyDifference(change, current, { now: clock.now(), policy });
          },
          recordedAs('api_key.updated', by, { changed: Object.keys(change) }),
          by,
        );
      // Its tokens may carry scopes or networks that the key no longer has.
      const affected = change.scopes ? 'scopes' : change.allow_ips && 'networks';
      const { record } = affected
        ? await endTokens(before, { ...by, reason: `${affected} changed` }, apply)
        : await endTokensIfShortened(change.expires_at, before, by, apply);
      return record;
    },

    async disable(id, by) {
      const before = await writer.get(id);
      requireVersion(before, by);
      if (hasEnded(before, clock.now())) throw keyEnded();
      const why = { ...by, reason: 'disabled' };
      const { record } = await endTokens(before, why, () =>
        writer.change(
          id,
          ({ disabledAt }) => (disabledAt === undefined ? { disabledAt: clock.now() } : undefined),
          recordedAs('api_key.disabled', by),
          by,
        ),
      );
      return record;
    },

    async enable(id, by) {
      const { record } = await writer.change(
        id,
        (current) => {
          if (hasEnded(current, clock.now())) throw keyEnded();
          return current.disabledAt === undefined ? undefined : { disabledAt: undefined };
        },
        recordedAs('api_key.enabled', by),
        by,
      );
      return record;
    },

    async rotate(id, input, { createdBy, idempotencyKey, ...by }) {
      const { overlap = policy.rotation_overlap } = parseFields(rotationSchema, input);
      const request = { caller: createdBy, idempotencyKey, content: ['rotate', id, input] };
      const before = await writer.get(id);
      requireVersion(before, by);
      const { environment } = before;
      const minted = await idempotent.mint(request, newKey(environment));
      const writeRotated: WriteKey = (next) =>
        audit.recordChange(
          eventOf('api_key.rotated', next, by, {
            ...{ id: `${minted.id}.rotated`, at: minted.at },
            ...changeOf({ kind: 'api_key', id }, before, next),
            details: { successor: minted.id, overlap },
          }),
          (event) => keys.update(next, event),
        );
      const rotate = createApiKeyRotation({
        ...{ keys, writer, policy, writeRotated, clock },
        revoke: (record) => revoke(record.id, { reason: 'rotated' }, by),
        endTokensIfShortened: (end, record, change) =>
          endTokensIfShortened(end, record, by, change),
      });
      const rotated = await rotate(id, minted, overlap * 1000, createdBy);
      return { ...rotated, key: minted.key };
    },
  };
}

type OwnerFields = Pick<NewApiKey, 'api' | 'project_id' | 'user_id'>;
