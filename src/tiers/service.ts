/**
 * Reads and changes the tiers: those of the declarative file, which only the file changes, and those that are made while
 * the server runs.
 */
import { z } from 'zod';
import {
  type AuditRecord,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  onRecord,
} from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import { type ApiKeysDeclaration, tierLimit, tierName } from '../config/schema/api_keys.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import { mostStoredTiers } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import { invalidField, parseFields } from '../input_check.ts';
import { updateDocument } from '../storage/change_document.ts';
import { requireVersion } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { isSameRecord } from '../storage/same_record.ts';
import {
  effectiveTiers,
  noTiers,
  readTiers,
  type StoredTier,
  type TierLimits,
  type TiersDocument,
  tiersDocument,
} from './tiers_document.ts';

/** What a tier is made of; null: no such limit. */
export const tierInput = z.strictObject({
  requests_per_minute: tierLimit.nullable().default(null),
  requests_per_month: tierLimit.nullable().default(null),
  is_default: z.boolean().default(false),
});

/** Times in milliseconds since the epoch; of one of the file: none, and version 0. */
export type Tier = {
  name: string;
  limits: TierLimits;
  /** It holds where neither a key nor its project has one. */
  isDefault: boolean;
  source: 'file' | 'operator';
  version: number;
  createdAt?: number | undefined;
  updatedAt?: number | undefined;
};

export type Tiers = {
  /** By name. */
  list(): Promise<Tier[]>;
  /** Throws CardeaError `not_found`, as all below do that need one. */
  get(name: string): Promise<Tier>;
  /**
   * `input`: see tierInput. Throws InvalidFieldsError, CardeaError `already_exists`, `managed_by_file` and
   * `too_many_tiers` (409).
   */
  create(name: string, input: unknown, by: ChangeContext): Promise<Tier>;
  /** Throws as create() does, and `version_mismatch`. */
  replace(name: string, input: unknown, by: ChangeContext): Promise<Tier>;
  /** Whoever names it has the limits of the default tier from then on. Throws `is_default` (409). */
  remove(name: string, by: ChangeContext): Promise<void>;
};

export function createTiers({
  declared,
  places,
  documents,
  announce,
  refresh,
  audit,
  clock,
}: {
  declared: Pick<ApiKeysDeclaration, 'tiers' | 'default_tier'>;
  places: Pick<DeclarationPlaces, 'requireNotManaged'>;
  documents: DocumentStore;
  announce: AnnounceChange;
  /** Brings this process up to date. */
  refresh: () => Promise<unknown>;
  audit: ChangeSink;
  clock: Clock;
}): Tiers {
  const tiersIn = (document: TiersDocument): Map<string, Tier> => {
    const { tiers, default_tier } = effectiveTiers(declared, document);
    const names = Object.keys(tiers).sort();
    return new Map(
      names.map((name) => {
        const isDeclared = Object.hasOwn(declared.tiers, name);
        const {
          createdAt,
          updatedAt,
          version = 0,
        } = (isDeclared ? undefined : document.tiers[name]) ?? ({} as Partial<StoredTier>);
        return [
          name,
          {
            ...{ name, limits: tiers[name] ?? {}, isDefault: name === default_tier },
            ...{ source: isDeclared ? 'file' : 'operator', version, createdAt, updatedAt },
          },
        ];
      }),
    );
  };

  const get = async (name: string): Promise<Tier> => {
    const tier = tiersIn((await readTiers(documents)).value).get(name);
    if (!tier) throw noSuchTier();
    return tier;
  };

  /** Writes what `decide` makes of them. Each tier that differs then is on record. */
  const change = async (
    by: ChangeContext,
    decide: (document: TiersDocument, version: number) => TiersDocument,
  ): Promise<void> => {
    await updateDocument<TiersDocument>(
      documents,
      tiersDocument,
      (value = noTiers, version) => {
        const next = decide(value, version + 1);
        return isSameRecord(next, value) ? value : next;
      },
      (write, { before = noTiers, after }) =>
        audit.recordChanges(changesBetween(tiersIn(before), tiersIn(after), by), write),
    );
    await announce(copyChangedKind, 'tiers');
    await refresh();
  };

  /** `mustBeNew`: false where it must be there already. */
  const put = async (
    name: string,
    input: unknown,
    { expectedVersion, ...by }: ChangeContext,
    mustBeNew: boolean,
  ): Promise<Tier> => {
    const { is_default: isDefault, ...given } = parseFields(tierInput, input);
    if (!tierName.safeParse(name).success) {
      throw invalidField(['name'], 'must be letters, digits, - and _');
    }
    places.requireNotManaged('tier', name);
    const limits = limitsOf(given);
    // Where the file names the default, it is one of its own.
    if (isDefault) places.requireNotManaged('setting', 'api_keys.default_tier');
    await change(by, (document, version) => {
      const known = ownTier(document, name);
      if (mustBeNew === (known !== undefined)) throw mustBeNew ? alreadyExists() : noSuchTier();
      if (known) requireVersion(known, { expectedVersion });
      else if (Object.keys(document.tiers).length >= mostStoredTiers) throw tooManyTiers();
      const now = clock.now();
      const { defaultTier: former } = document;
      const isSame = known && isSameRecord(known.limits, limits) && isDefault === (former === name);
      if (isSame) return document;
      const next = { limits, createdAt: known?.createdAt ?? now, updatedAt: now, version };
      const tiers = { ...document.tiers, [name]: next };
      const replaced = isDefault && former !== name && former && ownTier(document, former);
      // It is another one then, also for whoever wants to change it.
      if (replaced) tiers[former] = { ...replaced, updatedAt: now, version };
      return { tiers, defaultTier: isDefault ? name : former === name ? undefined : former };
    });
    return get(name);
  };

  return {
    list: async () => [...tiersIn((await readTiers(documents)).value).values()],
    get,
    create: (name, input, by) => put(name, input, by, true),
    replace: (name, input, by) => put(name, input, by, false),

    async remove(name, { expectedVersion, ...by }) {
      places.requireNotManaged('tier', name);
      await change(by, (document) => {
        const known = ownTier(document, name);
        if (!known) throw noSuchTier();
        requireVersion(known, { expectedVersion });
        if (effectiveTiers(declared, document).default_tier === name) throw isTheDefault();
        const { [name]: _gone, ...tiers } = document.tiers;
        const { defaultTier } = document;
        return { tiers, defaultTier: defaultTier === name ? undefined : defaultTier };
      });
    },
  };
}

/** A tier may be called `constructor`. */
function ownTier({ tiers }: TiersDocument, name: string): StoredTier | undefined {
  return Object.hasOwn(tiers, name) ? tiers[name] : undefined;
}

function limitsOf({
  requests_per_minute: perMinute,
  requests_per_month: perMonth,
}: {
  requests_per_minute: number | null;
  requests_per_month: number | null;
}): TierLimits {
  return {
    ...(perMinute !== null && { requests_per_minute: perMinute }),
    ...(perMonth !== null && { requests_per_month: perMonth }),
  };
}

function changesBetween(
  before: ReadonlyMap<string, Tier>,
  after: ReadonlyMap<string, Tier>,
  by: ChangeContext,
): AuditRecord[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    const difference = changeOf({ kind: 'tier', id }, was, is);
    if (!difference.before && !difference.after) return [];
    const type = !was ? 'tier.created' : is ? 'tier.updated' : 'tier.deleted';
    return [{ type, outcome: 'success', ...onRecord(by), ...difference }];
  });
}

function noSuchTier(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such tier.' });
}

function alreadyExists(): CardeaError {
  return new CardeaError({
    code: 'already_exists',
    status: 409,
    message: 'There is a tier of this name already.',
  });
}

function isTheDefault(): CardeaError {
  return new CardeaError({
    code: 'is_default',
    status: 409,
    message: 'This is the default tier. Make another one the default first, or none.',
  });
}

function tooManyTiers(): CardeaError {
  return new CardeaError({
    code: 'too_many_tiers',
    status: 409,
    message: `There are ${mostStoredTiers} tiers, which is the most there can be. Delete one first.`,
  });
}
