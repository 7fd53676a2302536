/**
 * Keys that were found in public: whose they are, and what happens to them. When a report is answered, it is
 * complete (the key revoked, if that is the policy; recorded; its owner notified), and repeating it changes
 * nothing. Who may report is decided by the routes.
 *
 * Text without the form and checksum of a key never reaches the store.
 */
import { type AuditContext, bySystem } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import type { LeakSource } from '../../definitions/api_keys.ts';
import { keySecret, keyStart } from '../../definitions/api_keys.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { dayMs } from '../../definitions/units.ts';
import { equalDigests, sha256 } from '../../digests.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import { type KillSwitches, revocationOf } from '../../tokens/room.ts';
import { createClaimedWork } from '../lifecycle/claimed_work.ts';
import { auditFieldsOf } from '../lifecycle/key_records.ts';
import { displayOf, parseKey } from '../model/key_format.ts';
import type { Announce } from '../notices/announcements.ts';

type Finding = {
  /** The key as it was found. */
  key: string;
  source: LeakSource;
  /** Where it was found, according to the finder. Keys in the URL are redacted before it is stored. */
  url?: string | undefined;
  /** The kind of place, according to the finder: `commit`, `issue_comment`. */
  place?: string | undefined;
};

export type Leaks = {
  /**
   * Whether it is one of our keys, valid or not. Once this resolves, everything about it has been done. Throws
   * StoreUnavailableError: report it again.
   */
  report(finding: Finding, by: Pick<AuditContext, 'ip' | 'requestId'>): Promise<boolean>;
};

/** How long the same finding is not announced again, in milliseconds. */
const notRepeatedForMs = 90 * dayMs;

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

  const revoke = async (
    record: ApiKeyRecord,
    { ip, requestId }: Pick<AuditContext, 'ip' | 'requestId'>,
  ) => {
    const { target, order } = revocationOf.apiKey(record, auditFieldsOf(record));
    const by = { ...bySystem, ip, requestId };
    await killSwitches.throwSwitch(target, { ...order, ...by, reason: 'leaked' });
  };

  return {
    async report({ key, source, url, place }, by) {
      if (!parseKey(key)?.isChecksumRight) return false;
      const hash = sha256(key);
      const record = await keys.findByHash(hash);
      if (!record || !equalDigests(record.hash, hash)) return false;
      // A URL sent to this server is known only to its sender and us: the key was not found in public.
      const isToEnd = policy === 'revoke' && source !== 'query_string';
      // First of all, and regardless of earlier reports.
      if (isToEnd && record.revokedAt === undefined) await revoke(record, by);
      const where = { url: url && redactKeys(url, key).slice(0, maxLength.uri), place };
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

/** The text with keys shortened as they are shown to people, and with `found` removed however it is written. */
function redactKeys(text: string, found: string): string {
  const shown = text.replace(anyKey, (key) => {
    const { start, end } = displayOf(key);
    return `${start}…${end}`;
  });
  return shown.replaceAll(found.slice(-(keySecret.random + keySecret.checksum)), '…');
}
