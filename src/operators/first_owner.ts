/**
 * The first owner of a new Cardea: whoever opens the link that its first start prints. The store has only hashes of
 * links, each opens once, for a day, and none as soon as there is an owner. A store that was in use before it had
 * operators gets no link: whoever reads its log must not become its owner by that.
 */

import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { passwordLength } from '../definitions/lengths.ts';
import { firstOwnerLink } from '../definitions/lifetimes.ts';

import { randomId, sha256 } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { DocumentStore } from '../storage/documents.ts';
import type { UserStore } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import type { Operators } from './service.ts';

/** Open links, oldest first. `expiresAt`: milliseconds since the epoch. */
type Links = readonly { hash: string; expiresAt: number }[];

/** Several nodes may start at once, and each prints one. */
const mostLinks = 10;
const documentName = 'first_owner';

type NewOwner = { username: string; email?: string | undefined; password: string };

export type FirstOwner = {
  /** Before anything is put into the store: notes that it is empty, so that links are made for it. */
  noteEmptyStore(): Promise<void>;
  /** The secret of a new link; undefined where there is an owner, or the store was in use before. */
  createLink(): Promise<string | undefined>;
  /**
   * `done`: there is an owner; `open`: a link could be opened now; `closed`: none could, and the command line is the
   * way.
   */
  state(): Promise<'open' | 'closed' | 'done'>;
  /**
   * Makes this user and makes it the owner. Throws CardeaError `invalid_link` (403), `short_password` (400), `has_owner`
   * (409), and what creating a user throws; the link is then still open.
   */
  claim(secret: string, owner: NewOwner, by: AuditContext): Promise<void>;
};

export function createFirstOwner({
  documents,
  store,
  users,
  operators,
  clock,
}: {
  documents: DocumentStore;
  store: { users: Pick<UserStore, 'list'> };
  users: Pick<Users, 'create' | 'remove'>;
  operators: Pick<Operators, 'hasOwner' | 'makeFirstOwner'>;
  clock: Clock;
}): FirstOwner {
  const isOpen = ({ expiresAt }: Links[number]) => expiresAt > clock.now();
  const read = async () => (await documents.get<Links>(documentName))?.value;

  /** Writes what `decide` makes of the open links; undefined leaves them. Returns whether it wrote. */
  async function change(decide: (open: Links) => Links | undefined): Promise<boolean> {
    for (;;) {
      const found = await documents.get<Links>(documentName);
      const next = found && decide(found.value.filter(isOpen));
      if (!next) return false;
      // Each failed write is another process's success.
      if (await documents.compareAndSet(documentName, found.version, next)) return true;
    }
  }

  return {
    async noteEmptyStore() {
      if (await documents.get(documentName)) return;
      const {
        items: [someone],
      } = await store.users.list({ limit: 1 });
      if (!someone) await documents.compareAndSet<Links>(documentName, 0, []);
    },

    async createLink() {
      if (await operators.hasOwner()) return undefined;
      const secret = randomId(32);
      const expiresAt = clock.now() + firstOwnerLink * 1000;
      const link = { hash: sha256(secret), expiresAt };
      const isMade = await change((open) => [...open.slice(1 - mostLinks), link]);
      return isMade ? secret : undefined;
    },

    async state() {
      if (await operators.hasOwner()) return 'done';
      return (await read())?.some(isOpen) ? 'open' : 'closed';
    },

    async claim(secret, { password, ...owner }, by) {
      const hash = sha256(secret);
      const known = (await read())?.find((link) => isOpen(link) && link.hash === hash);
      // Before anything else: only whoever has a link learns anything, or makes the server hash a password.
      if (!known) throw invalidLink();
      if (await operators.hasOwner()) throw invalidLink();
      if ([...password].length < passwordLength.alone) throw shortPassword();
      const isTaken = await change((open) => {
        const left = open.filter((link) => link.hash !== hash);
        return left.length < open.length ? left : undefined;
      });
      if (!isTaken) throw invalidLink();
      let userId: string | undefined;
      try {
        userId = (await users.create({ ...owner, password }, by)).id;
        await operators.makeFirstOwner(userId, by);
      } catch (error) {
        if (userId !== undefined) await users.remove(userId, by);
        await change((open) => [...open, known]);
        throw error;
      }
    },
  };
}

function invalidLink(): CardeaError {
  return new CardeaError({
    code: 'invalid_link',
    status: 403,
    message: 'This link is not valid, or not any more.',
  });
}

function shortPassword(): CardeaError {
  return new CardeaError({
    code: 'short_password',
    status: 400,
    message: `The password of an owner has at least ${passwordLength.alone} characters.`,
  });
}
