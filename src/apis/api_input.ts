/**
 * What an operator gives of an API, under the rules of the declarative file.
 */
import { aliasConflicts, isScopeOfPeople, scopesOfPeople } from '../config/schema/api_names.ts';
import { type ApiDeclaration, apiSchema, type Declaration } from '../config/schema/declaration.ts';
import { invalidField, invalidFields, parseFields } from '../input_check.ts';

/** Throws InvalidFieldsError for what the schema finds. */
export function readApiInput(input: unknown): ApiDeclaration {
  return parseFields(apiSchema, input);
}

/** Throws InvalidFieldsError where names collide with those of other APIs, or with scopes that are about people. */
export function requireConsistent(
  api: ApiDeclaration,
  others: readonly ApiDeclaration[],
  scopes: Declaration['scopes'],
): void {
  const own = others.length;
  const errors: { path: PropertyKey[]; detail: string }[] = [];
  for (const { index, position, owner } of aliasConflicts([...others, api])) {
    // An alias of another that is this one's identifier is found at the other.
    if (index === own) {
      const detail = `also names ${[...others, api][owner]?.identifier}`;
      errors.push({ path: ['aliases', position], detail });
    } else if (owner === own) {
      const detail = `is an alias of ${others[index]?.identifier}`;
      errors.push({ path: ['identifier'], detail });
    }
  }
  for (const name of scopesOfPeople(api, scopes)) {
    errors.push({ path: ['scopes', name], detail: isScopeOfPeople });
  }
  if (errors.length > 0) throw invalidFields(errors);
}

/** What the store knows of others that it names. Throws InvalidFieldsError, StoreUnavailableError. */
export async function requireReferences(
  { client_id, project }: ApiDeclaration,
  {
    clientExists,
    projectExists,
  }: {
    clientExists: (id: string) => Promise<boolean>;
    projectExists: (id: string) => Promise<boolean>;
  },
): Promise<void> {
  if (client_id !== undefined && !(await clientExists(client_id))) {
    throw invalidField(['client_id'], 'names a client that does not exist');
  }
  if (project !== undefined && !(await projectExists(project))) {
    throw invalidField(['project'], 'does not exist');
  }
}
