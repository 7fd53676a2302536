/**
 * Where the declarative file of this process declares something, and that nothing else changes it: the next start would
 * undo it.
 */
import type { DeclarationFile } from '../config/config.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { builtInClientIds } from '../definitions/built_in.ts';
import { normaliseName } from '../definitions/names.ts';
import { CardeaError } from '../errors.ts';

/**
 * `user`, and `operator` for a user's role: by username; `webhook`: by URL; `tier`: by name; `setting`: as
 * `pages.name`; the others by their identifiers.
 */
type DeclaredKind = 'api' | 'client' | 'user' | 'operator' | 'webhook' | 'tier' | 'setting';

export type DeclarationPlaces = {
  /** `cardea.yaml: clients[2] (line 14)`. Undefined: the file does not declare it. */
  placeOf(kind: DeclaredKind, name: string): string | undefined;
  /** Throws CardeaError `built_in` (409) for what is a part of Cardea. */
  requireNotBuiltIn(kind: DeclaredKind, name: string): void;
  /** The same, and `managed_by_file` (409) that names the place for what the file declares. */
  requireNotManaged(kind: DeclaredKind, name: string): void;
};

export function createDeclarationPlaces({
  declaration: { apis, clients, users, webhooks, api_keys },
  file,
}: {
  declaration: Pick<Declaration, 'apis' | 'clients' | 'users' | 'webhooks' | 'api_keys'>;
  file?: DeclarationFile | undefined;
}): DeclarationPlaces {
  /** Of several with one name, the first. An item without a name declares nothing. */
  const byName = (list: string, names: readonly (string | undefined)[]) =>
    new Map(
      names
        .flatMap((name, index) =>
          name === undefined ? [] : [[name, `${list}[${index}]`] as const],
        )
        .toReversed(),
    );
  const lists: Record<Exclude<DeclaredKind, 'setting'>, ReadonlyMap<string, string>> = {
    api: byName(
      'apis',
      apis.map(({ identifier }) => identifier),
    ),
    client: byName(
      'clients',
      clients.map(({ client_id }) => client_id),
    ),
    user: byName(
      'users',
      users.map(({ username }) => normaliseName(username)),
    ),
    operator: byName(
      'users',
      users.map(({ username, operator }) => operator && normaliseName(username)),
    ),
    webhook: byName(
      'webhooks',
      webhooks.map(({ url }) => url),
    ),
    tier: new Map(Object.keys(api_keys.tiers).map((name) => [name, `api_keys.tiers.${name}`])),
  };

  /** What is not in the file has a default, which is nobody's decision. */
  const inFile = (kind: DeclaredKind, name: string): string | undefined => {
    const isPerson = kind === 'user' || kind === 'operator';
    if (kind !== 'setting') return lists[kind].get(isPerson ? normaliseName(name) : name);
    return file && Object.hasOwn(file.lines, name) ? name : undefined;
  };

  const placeOf: DeclarationPlaces['placeOf'] = (kind, name) => {
    const place = inFile(kind, name);
    if (place === undefined) return undefined;
    const line = file?.lines[place];
    return `${file?.name ?? 'the file'}: ${place}${line === undefined ? '' : ` (line ${line})`}`;
  };

  const requireNotBuiltIn: DeclarationPlaces['requireNotBuiltIn'] = (kind, name) => {
    if (kind !== 'client' || !builtInClientIds.has(name)) return;
    throw new CardeaError({
      code: 'built_in',
      status: 409,
      message: `This ${kind} is a part of Cardea. It cannot be changed.`,
    });
  };

  return {
    placeOf,
    requireNotBuiltIn,
    requireNotManaged(kind, name) {
      requireNotBuiltIn(kind, name);
      const place = placeOf(kind, name);
      if (place === undefined) return;
      throw new CardeaError({
        code: 'managed_by_file',
        status: 409,
        message: `The declarative file manages this, at ${place}. Change it there: the next start would undo any other change.`,
      });
    },
  };
}
