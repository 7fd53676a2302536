/**
 * Keys that were found where they should not be: whose they are, and what becomes of them. It owns that a
 * report is complete when it is answered (the key dead, if that is the policy; on record; its owner told), and
 * that the same report again changes nothing. Who may report is for the routes.
 *
 * What is no key by its form and checksum never reaches the store.
 */
import type { AuditContext } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import { keySecret, keyStart } from '../../definitions/api_keys.ts';
import { dayMs } from '../../definitions/units.ts';
import { equalDigests, sha256 } from '../../digests.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { KillSwitches } from '../../tokens/room.ts';
import { createClaimedWork } from '../lifecycle/claimed_work.ts';
import { auditFieldsOf } from '../lifecycle/key_records.ts';
import { displayOf, parseKey } from '../model/key_format.ts';
import type { Announce } from '../notices/announcements.ts';

export type LeakSource = 'github' | 'scanner' | 'query_string';

export type Finding = {
  /** What was found, as it was found. */
  key: string;
  source: LeakSource;
  /** Where, as the finder says; keys in it are not kept. */
  url?: string | undefined;
  /** What kind of place, as the finder says: `commit`, `issue_comment`. */
  place?: string | undefined;
};

export type Leaks = {
  /**
   * Whether it is a key of ours, be it still valid or not. When it resolves, all has been done about it.
   * StoreUnavailableError: report it again.
   */
  report(finding: Finding, by: Pick<AuditContext, 'ip' | 'requestId'>): Promise<boolean>;
};

/** The same finding is not told again within this time. Milliseconds. */
const notRepeatedForMs = 90 * dayMs;
const maxStoredUrlLength = 2000;

export function createLeaks({
  keys,
  artifacts,
  killSwitches,
  announce,
  policy,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'findByHash'>;
  artifacts: Pick<ArtifactStore, 'insert' | 'find' | 'consume'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  announce: Announce;
  policy: ApiKeysDeclaration['leaks']['policy'];
  clock: Clock;
}): Leaks {
  const once = createClaimedWork({ kind: 'ApiKeyLeak', artifacts, clock });

  const revoke = async (record: ApiKeyRecord, { ip, requestId }: AuditContext) => {
    await killSwitches.throwSwitch(
      { apiKey: record.id },
      {
        ...{ type: 'revocation.api_key', userId: record.userId, reason: 'leaked' },
        ...{ actor: 'system', ip, requestId, details: auditFieldsOf(record) },
      },
    );
  };

  return {
    async report({ key, source, url, place }, by) {
      if (!parseKey(key)?.isChecksumRight) return false;
      const hash = sha256(key);
      const record = await keys.findByHash(hash);
      if (!record || !equalDigests(record.hash, hash)) return false;
      // A URL that reaches us is known to us and to its sender: nobody found it in public.
      const isToEnd = policy === 'revoke' && source !== 'query_string';
      // Before anything else, and whatever was told of it before.
      if (isToEnd && record.revokedAt === undefined) await revoke(record, by);
      const where = { url: url && redactKeys(url, key).slice(0, maxStoredUrlLength), place };
      const id = `${record.id} ${sha256(JSON.stringify([source, where.url, where.place]))}`;
      await once(id, notRepeatedForMs, (at) => {
        const details = { source, ...where, action: isToEnd ? 'revoked' : 'reported' };
        return announce({
          id,
          at,
          record,
          notice: { event: 'leaked', what: source },
          details,
          ...by,
        });
      });
      return true;
    },
  };
}

const anyKey = new RegExp(keyStart + keySecret.pattern, 'g');

/** A text in which keys are shown as people are shown them, and `found` not at all, however it is spelled. */
function redactKeys(text: string, found: string): string {
  const shown = text.replace(anyKey, (key) => {
    const { start, end } = displayOf(key);
    return `${start}…${end}`;
  });
  return shown.replaceAll(found.slice(-(keySecret.random + keySecret.checksum)), '…');
}
