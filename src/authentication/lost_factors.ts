/**
 * What operators do for a person who has lost their second factors: they remove them, or make a link with which the person
 * sets up a new one, once, after proving the password. No operator ever learns a secret of the person, or sets one.
 */
import { type AuditContext, type AuditSink, onRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { OneTimeLinks } from '../one_time_links/room.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';
import { isUserActive, type UserRecord } from '../storage/users.ts';
import { type KillSwitches, revocationOf } from '../tokens/room.ts';
import type { Authenticators } from './authenticators.ts';
import { mayLackPassword } from './last_way_in.ts';
import type { RecoveryCodes } from './recovery_codes.ts';
import { hasSecondFactor } from './second_factors.ts';
import type { Totps } from './totp.ts';

/** Of a one-time link: nothing else takes it. */
const purpose = 'second_factor_setup';
/** Seconds. */
const lifetime = 24 * 3600;
const pageSize = 100;

/** Times in milliseconds since the epoch. */
export type SetupLink = { id: string; createdBy: string; createdAt: number; expiresAt: number };

/** What the person is told of. */
export type LostFactorsNotice = 'removed_by_operator' | 'setup_link_made';

type Person = { id: string; by: AuditContext };

export type LostFactors = {
  /**
   * Removes all second factors with recovery codes, and ends everything the person is signed in with. Throws CardeaError
   * `last_way_in` (409): the person has nothing else to sign in with.
   */
  removeAll(user: UserRecord, by: AuditContext): Promise<void>;
  /**
   * A link in place of those from before. Throws CardeaError `no_password`, `no_account_pages`, `user_disabled` (409):
   * nobody could use it.
   */
  makeLink(user: UserRecord, by: AuditContext): Promise<SetupLink & { url: string }>;
  /** Those that can still be used, newest first. */
  listLinks(userId: string): Promise<SetupLink[]>;
  /** False where it is not there (any more). */
  withdrawLink(person: Person, linkId: string): Promise<boolean>;
  /** Whose link it is, without spending it. Undefined: it is none (any more). */
  openLink(token: string): Promise<string | undefined>;
  /**
   * Spends the link: the app takes the place of all second factors from before, and everything the person is signed in
   * with ends. Answers the new recovery codes, this once; `gone`: the link. Throws what Totps.confirm throws.
   */
  useLink(
    token: string,
    person: Person,
    totp: { sealed: string; code: string },
  ): Promise<{ codes: string[] } | 'wrong' | 'gone'>;
};

export function createLostFactors({
  authenticators,
  totps,
  recoveryCodes,
  links,
  killSwitches,
  audit,
  urlOf,
  tell,
  clock,
}: {
  authenticators: Pick<Authenticators, 'change' | 'find'>;
  totps: Totps;
  recoveryCodes: RecoveryCodes;
  links: Pick<OneTimeLinks, 'issue' | 'open' | 'spend' | 'listOf' | 'withdraw'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  audit: AuditSink;
  /** Where a link leads to, by its secret; undefined: this server has no pages for it. */
  urlOf: ((token: string) => string) | undefined;
  /** Resolves also where it fails. */
  tell: (user: UserRecord, notice: LostFactorsNotice) => Promise<void>;
  clock: Clock;
}): LostFactors {
  const endSessions = async (userId: string, by: AuditContext) => {
    const { target, order } = revocationOf.user(userId);
    await killSwitches.throwSwitch(target, { ...order, ...onRecord(by) });
  };

  const record = (
    type: 'setup_link.made' | 'setup_link.withdrawn' | 'setup_link.used',
    { id: userId, by }: Person,
  ) => audit.record({ type, outcome: 'success', userId, ...onRecord(by) });

  const listLinks: LostFactors['listLinks'] = async (userId) => {
    const { items } = await links.listOf({ userId }, { limit: pageSize });
    return items
      .filter((link) => link.purpose === purpose)
      .map(({ id, data, issuedAt, expiresAt }) => ({
        ...{ id, createdBy: String(data.createdBy), createdAt: issuedAt, expiresAt },
      }));
  };

  return {
    listLinks,

    async removeAll(user, by) {
      const owned = await authenticators.find(user.id);
      const about = { type: 'second_factors.removed', by } as const;
      await authenticators.change(user.id, { ...about, details: countsOf(owned) }, (newest) => {
        if (!hasSecondFactor(newest) && !newest.recoveryCodes) return undefined;
        const isOnlyWay = mayLackPassword(newest, user) && newest.identities.length === 0;
        if (newest.passkeys.length > 0 && isOnlyWay) throw lastWayIn();
        return { totps: [], passkeys: [], recoveryCodes: undefined };
      });
      // Also where nothing was left to remove: whoever ended halfway does it again.
      await endSessions(user.id, by);
      await tell(user, 'removed_by_operator');
    },

    async makeLink(user, by) {
      if (!urlOf) throw noPages();
      if (!isUserActive(user)) throw disabled();
      if (user.passwordHash === undefined) throw noPassword();
      const owner = { userId: user.id };
      for (const { id } of await listLinks(user.id)) {
        if (await links.withdraw(owner, id))
          await record('setup_link.withdrawn', { id: user.id, by });
      }
      const createdBy = by.actor ?? 'system';
      const { id, token, expiresAt } = await links.issue({
        ...{ purpose, owner, data: { createdBy }, lifetimeMs: lifetime * 1000 },
      });
      await record('setup_link.made', { id: user.id, by });
      await tell(user, 'setup_link_made');
      return { id, url: urlOf(token), createdBy, createdAt: clock.now(), expiresAt };
    },

    async withdrawLink(person, linkId) {
      const isKnown = (await listLinks(person.id)).some(({ id }) => id === linkId);
      if (!isKnown || !(await links.withdraw({ userId: person.id }, linkId))) return false;
      await record('setup_link.withdrawn', person);
      return true;
    },

    async openLink(token) {
      return (await links.open(purpose, token))?.userId;
    },

    async useLink(token, person, { sealed, code }) {
      if (!totps.isRight(person.id, { sealed, code })) return 'wrong';
      const spent = await links.spend(purpose, token);
      if (spent?.userId !== person.id) return 'gone';
      await record('setup_link.used', person);
      const app = { sealed, code, name: '', isFirst: false, replaces: 'all' } as const;
      // The code was right a moment ago; at the end of its time it may be no more, and the link is spent.
      if ((await totps.confirm(person, app)) !== 'kept') return 'gone';
      const codes = await recoveryCodes.renew(person.id, person.by);
      await endSessions(person.id, person.by);
      return { codes };
    },
  };
}

function countsOf(owned: AuthenticatorsRecord | undefined) {
  return {
    authenticator_apps: owned?.totps.length ?? 0,
    passkeys: owned?.passkeys.length ?? 0,
  };
}

function refusal(code: string, message: string): CardeaError {
  return new CardeaError({ code, status: 409, message });
}

function lastWayIn() {
  const message = 'Without the passkeys this person could not sign in any more. Disable the user.';
  return refusal('last_way_in', message);
}

function noPassword() {
  const message = 'This person has no password, which the link asks for.';
  return refusal('no_password', message);
}

function noPages() {
  return refusal('no_account_pages', 'This server has no account pages (account.enabled).');
}

function disabled() {
  return refusal('user_disabled', 'This user is disabled, or is to be deleted.');
}
