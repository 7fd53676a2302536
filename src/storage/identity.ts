/**
 * Which issuer a store belongs to. The first node that starts on it records its issuer; from then on no other
 * issuer's node and no other issuer's command works on it, so that a forgotten variable cannot lead to the wrong
 * tokens, keys and people.
 */
import { CardeaError } from '../errors.ts';
import type { DocumentStore } from './documents.ts';

export type StoreOwner = {
  issuer: string;
  /** Development mode made it: its demonstration clients have secrets that everybody knows. */
  development: boolean;
};

const documentName = 'store_owner';
/** What every node has written since the first version, from before owners were recorded. */
const keysetName = 'signing_keys';

/**
 * Records the owner at the start of a node. A store without a record belongs to whoever starts on it first; with
 * `adopt` also another issuer's. Throws CardeaError `other_issuer`.
 */
export async function claimStore(
  documents: DocumentStore,
  owner: StoreOwner,
  { adopt = false }: { adopt?: boolean } = {},
): Promise<void> {
  for (;;) {
    const recorded = await documents.get<StoreOwner>(documentName);
    if (recorded && isSame(recorded.value, owner)) return;
    if (recorded && !adopt && !isMovedDevelopment(recorded.value, owner)) {
      throw otherIssuer(recorded.value, owner);
    }
    if (await documents.compareAndSet(documentName, recorded?.version ?? 0, owner)) return;
  }
}

/** Whether claimStore() would succeed; records nothing. Throws CardeaError `other_issuer`. */
export async function requireClaimable(documents: DocumentStore, owner: StoreOwner): Promise<void> {
  const { value } = (await documents.get<StoreOwner>(documentName)) ?? {};
  if (value && !isSame(value, owner) && !isMovedDevelopment(value, owner)) {
    throw otherIssuer(value, owner);
  }
}

/** Before a command reads or changes a store. Throws CardeaError `not_applied_yet`, `other_issuer`. */
export async function requireOwnStore(documents: DocumentStore, owner: StoreOwner): Promise<void> {
  if (await documents.get(documentName)) return requireClaimable(documents, owner);
  // No node has started since owners are recorded; it may be the store of an earlier version.
  if (!(await documents.get(keysetName))) throw notAppliedYet(owner);
}

/** For a store that no node has started on, or that is not there at all. */
export function notAppliedYet({ issuer, development }: StoreOwner): CardeaError {
  const remedy = development
    ? 'CARDEA_ISSUER is not set, so this is the store of development mode. For another one, set CARDEA_ISSUER, CARDEA_STORE and CARDEA_SECRET as its nodes have them.'
    : 'Check CARDEA_STORE, or start Cardea on it first.';
  return new CardeaError({
    code: 'not_applied_yet',
    status: 409,
    message: `Nothing was done: not applied yet. No node of ${issuer} has started on this store. ${remedy}`,
  });
}

function isSame(one: StoreOwner, other: StoreOwner): boolean {
  return one.issuer === other.issuer && one.development === other.development;
}

/** The issuer of development mode is an address of this machine, and changes with CARDEA_PORT. */
function isMovedDevelopment(recorded: StoreOwner, owner: StoreOwner): boolean {
  return recorded.development && owner.development;
}

function otherIssuer(recorded: StoreOwner, owner: StoreOwner): CardeaError {
  const remedy = owner.development
    ? 'CARDEA_ISSUER is not set, so this is development mode, which has a store of its own. Set CARDEA_ISSUER and CARDEA_SECRET as the nodes have them.'
    : 'Check CARDEA_ISSUER and CARDEA_STORE. If this issuer is to take the store over, start it once with: cardea serve --adopt-store.';
  const name = recorded.development ? `development mode (${recorded.issuer})` : recorded.issuer;
  return new CardeaError({
    code: 'other_issuer',
    status: 409,
    message: `This store belongs to ${name}, not to ${owner.issuer}. ${remedy}`,
  });
}
