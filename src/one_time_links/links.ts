import type { Clock } from '../clock.ts';
import { oneTimeLinks as limits } from '../definitions/limits.ts';
import { equalDigests, hmacSha256, randomId, sha256 } from '../digests.ts';
import type { Secrets } from '../secrets/room.ts';
import { type Artifact, type ArtifactStore, liveKinds } from '../storage/artifacts.ts';
import type { CounterStore } from '../storage/counters.ts';
import type { Page } from '../storage/pages.ts';
import { groupedCode, newCode, typedCode } from './codes.ts';

/**
 * Whose links are listed together: those of an account, which end when all of the account is revoked, or those that are
 * no account's, such as `invitations`. A link that takes a change back is none of the account's: whoever made the change
 * could end it.
 */
type LinkOwner = { userId: string } | { list: string };

export type LinkOrder = {
  /** What it is good for: `recovery`. No other purpose takes it. */
  purpose: string;
  /** Undefined: it is in no list. */
  owner?: LinkOwner | undefined;
  /** The mail address that it is sent to: whoever has the link has read a mail there. */
  address?: string | undefined;
  /** Kept as JSON beside it, and readable in the store: no secrets. */
  data?: Record<string, unknown> | undefined;
  /** Milliseconds. Default: ten minutes. */
  lifetimeMs?: number | undefined;
  /**
   * The request that asks for it, by a name that nobody else knows, such as the id of its interaction. Then there is a
   * code for it, in place of the one that this request had before.
   */
  request?: string | undefined;
  /** A name of which there is one link at a time: it takes the place of the one before. */
  only?: string | undefined;
};

type IssuedLink = {
  id: string;
  /** For the URL. Stored only as a hash. */
  token: string;
  /** `7K3M-Q2XD`, where a request was given. Stored only as an HMAC. */
  code?: string | undefined;
  /** Milliseconds since the epoch. */
  expiresAt: number;
};

export type OneTimeLink = {
  /** No bearer value: for lists, logs and the audit trail. */
  id: string;
  purpose: string;
  userId?: string | undefined;
  address?: string | undefined;
  data: Record<string, unknown>;
  /** A fingerprint of the request that asked for it: `isFrom` compares. */
  request?: string | undefined;
  /** Milliseconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
};

/** All throw StoreUnavailableError. */
export type OneTimeLinks = {
  /**
   * Durable when it resolves. Whoever must not tell whether an account exists issues one where there is none, too, and
   * sends it to nobody: then a code is refused alike, and as often.
   */
  issue(order: LinkOrder): Promise<IssuedLink>;
  /** What it is, without spending it. Undefined: unknown, of another purpose, expired, spent or withdrawn. */
  open(purpose: string, token: string): Promise<OneTimeLink | undefined>;
  /** The same, and spends it: of any number of callers on any node one gets it. */
  spend(purpose: string, token: string): Promise<OneTimeLink | undefined>;
  /**
   * Spends the link by its code, as it was typed. `wrong`: another code, or there is none for this request (any more);
   * `exhausted`: too many attempts, so that not even the right code is taken.
   */
  spendCode(
    purpose: string,
    request: string,
    typed: string,
  ): Promise<OneTimeLink | 'wrong' | 'exhausted'>;
  /**
   * The same, in exchange for a link as it was sent: a token, for whoever has to give more before it is spent. A link that
   * was sent to nobody (no address) is never exchanged.
   */
  exchangeCode(
    purpose: string,
    request: string,
    typed: string,
  ): Promise<{ token: string } | 'wrong' | 'exhausted'>;
  /** One of the owner's that can still be spent, by its id. */
  find(owner: LinkOwner, id: string): Promise<OneTimeLink | undefined>;
  /** Those that can still be spent, newest first. A page may be short although there is a next one. */
  listOf(owner: LinkOwner, page: { limit: number; after?: string }): Promise<Page<OneTimeLink>>;
  /** Ends one of the owner's; false where it is not there (any more). */
  withdraw(owner: LinkOwner, id: string): Promise<boolean>;
  /**
   * Counts something costly that the link is used for and that does not spend it, such as a password that is refused.
   * False: that was too often, and nothing more is to be done for it.
   */
  countUse(link: OneTimeLink): Promise<boolean>;
  /** Whether this request asked for the link. */
  isFrom(link: OneTimeLink, request: string): boolean;
};

type Payload = Omit<OneTimeLink, 'id' | 'userId' | 'expiresAt'>;
type CodePayload = { link: string; digest: string };

const linkKind = liveKinds.oneTimeLink;
const codeKind = 'OneTimeCode';
/** Which link a name has (`only`). */
const nameKind = 'OneTimeName';
const tokenBytes = 32;

export function createOneTimeLinks({
  artifacts,
  counters,
  secrets,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find' | 'consume' | 'list' | 'remove'>;
  counters: Pick<CounterStore, 'addAll'>;
  secrets: Pick<Secrets, 'deriveAll'>;
  clock: Clock;
}): OneTimeLinks {
  const [firstKey, ...olderKeys] = secrets.deriveAll('one-time codes');
  if (!firstKey) throw new Error('one-time codes need a key');

  /** Bound to the link, so that equal codes do not look alike. */
  const digestOf = (key: Buffer, link: string, code: string) => hmacSha256(key, `${link} ${code}`);

  const consume = async (id: string): Promise<OneTimeLink | undefined> => {
    const spent = await artifacts.consume(linkKind, id, clock.now());
    return spent?.won ? toLink(spent.artifact) : undefined;
  };

  const replace = async ({
    name,
    link,
    expiresAt,
  }: {
    name: string;
    link: string;
    expiresAt: number;
  }) => {
    const before = await artifacts.find(nameKind, name, clock.now());
    if (before) await artifacts.remove(linkKind, String(before.payload.link));
    await artifacts.put({ kind: nameKind, id: name, payload: { link }, expiresAt });
  };

  /** One that is the owner's and unspent. */
  const findOpen = async (owner: LinkOwner, id: string) => {
    const found = await artifacts.find(linkKind, id, clock.now());
    const isOpen = found?.accountId === accountOf(owner) && found.consumedAt === undefined;
    return isOpen ? found : undefined;
  };

  const links: OneTimeLinks = {
    async issue({ purpose, owner, address, data = {}, request, only, ...order }) {
      const { lifetimeMs = limits.lifetimeMs } = order;
      const now = clock.now();
      const expiresAt = now + lifetimeMs;
      const token = randomId(tokenBytes);
      const id = idOf(purpose, token);
      const accountId = owner && accountOf(owner);
      const asker = request === undefined ? undefined : requestId(purpose, request);
      const payload: Payload = { purpose, address, data, request: asker, issuedAt: now };
      await artifacts.put({ kind: linkKind, id, payload, accountId, expiresAt });
      if (only !== undefined)
        await replace({ name: requestId(purpose, only), link: id, expiresAt });
      if (asker === undefined) return { id, token, expiresAt };
      const code = newCode();
      const kept: CodePayload = { link: id, digest: digestOf(firstKey, id, code) };
      await artifacts.put({ kind: codeKind, id: asker, payload: kept, accountId, expiresAt });
      return { id, token, code: groupedCode(code), expiresAt };
    },

    async open(purpose, token) {
      const found = await artifacts.find(linkKind, idOf(purpose, token), clock.now());
      return found && found.consumedAt === undefined ? toLink(found) : undefined;
    },

    spend: (purpose, token) => consume(idOf(purpose, token)),

    async spendCode(purpose, request, typed) {
      const now = clock.now();
      const found = await artifacts.find(codeKind, requestId(purpose, request), now);
      if (!found) return 'wrong';
      const { link, digest } = found.payload as CodePayload;
      // Before it is compared, so that parallel guesses are counted too.
      const attempt = {
        ...{ key: `one_time_code:${link}`, amount: 1, windowMs: found.expiresAt - now },
        limit: limits.codeAttempts,
      };
      if (await counters.addAll([attempt], now)) return 'exhausted';
      const code = typedCode(typed);
      if (code === undefined) return 'wrong';
      const isRight = [firstKey, ...olderKeys].some((key) =>
        equalDigests(digestOf(key, link, code), digest),
      );
      return (isRight && (await consume(link))) || 'wrong';
    },

    async exchangeCode(purpose, request, typed) {
      const link = await links.spendCode(purpose, request, typed);
      if (link === 'wrong' || link === 'exhausted') return link;
      const { userId, address, data } = link;
      if (address === undefined) return 'wrong';
      const owner = userId === undefined ? undefined : { userId };
      const { token } = await links.issue({ purpose, owner, address, data, request });
      return { token };
    },

    async listOf(owner, { limit, after }) {
      const selector = { kind: linkKind, accountId: accountOf(owner) } as const;
      const page = await artifacts.list(selector, { limit, after, now: clock.now() });
      const open = page.items.filter(({ consumedAt }) => consumedAt === undefined);
      return { ...page, items: open.map(toLink) };
    },

    async find(owner, id) {
      const found = await findOpen(owner, id);
      return found && toLink(found);
    },

    async withdraw(owner, id) {
      if (!(await findOpen(owner, id))) return false;
      await artifacts.remove(linkKind, id);
      return true;
    },

    async countUse({ id, expiresAt }) {
      const now = clock.now();
      const use = { key: `one_time_link:${id}`, amount: 1, windowMs: expiresAt - now };
      return (await counters.addAll([{ ...use, limit: limits.uses }], now)) === undefined;
    },

    isFrom: ({ purpose, request }, asker) =>
      request !== undefined && equalDigests(request, requestId(purpose, asker)),
  };
  return links;
}

/** The purpose is part of what is hashed: with another purpose there is no such link. */
function idOf(purpose: string, token: string): string {
  return sha256(`${purpose} ${token}`);
}

function requestId(purpose: string, request: string): string {
  return sha256(`${purpose} ${request}`);
}

/** No subject has a blank in it. */
function accountOf(owner: LinkOwner): string {
  return 'userId' in owner ? owner.userId : ` ${owner.list}`;
}

function toLink({ id, accountId, payload, expiresAt }: Artifact): OneTimeLink {
  const { purpose, address, data, request, issuedAt } = payload as Payload;
  const userId = accountId?.startsWith(' ') ? undefined : accountId;
  return { id, purpose, userId, address, data, request, issuedAt, expiresAt };
}
