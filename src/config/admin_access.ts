/**
 * What a client of the admin API needs of the environment, which need not be that of a Cardea: its address, and the
 * credential. No other variable is looked at.
 */
import { environmentReference, environmentSchema, type VariableName } from './environment.ts';
import { problemsOf, type SchemaLookup } from './issues.ts';
import { ConfigError, type Problem } from './problems.ts';
import { createVariables } from './variables.ts';

export type AdminAccess = {
  issuer: string;
  /** An access token or API key for urn:cardea:admin. */
  credential: string;
};

const names = [
  'CARDEA_ISSUER',
  'CARDEA_PORT',
  'CARDEA_ADMIN_KEY',
] as const satisfies readonly VariableName[];

const schema = environmentSchema.pick({
  CARDEA_ISSUER: true,
  CARDEA_PORT: true,
  CARDEA_ADMIN_KEY: true,
});

/**
 * `issuer`: in place of CARDEA_ISSUER; without either, development mode on this machine. Throws ConfigError with all
 * that is missing or wrong.
 */
export async function loadAdminAccess(
  env: NodeJS.ProcessEnv,
  issuer: string | undefined,
): Promise<AdminAccess> {
  const problems: Problem[] = [];
  const variables = createVariables(
    issuer === undefined ? env : { ...env, CARDEA_ISSUER: issuer, CARDEA_ISSUER_FILE: undefined },
    (problem) => problems.push(problem),
  );
  const texts: Partial<Record<VariableName, string>> = {};
  for (const name of names) {
    const reading = await variables.read(name);
    if (reading.state === 'value') texts[name] = reading.value;
    if (name === 'CARDEA_ADMIN_KEY' && reading.state === 'absent') problems.push(missingKey);
  }
  const { data, error } = schema.safeParse(texts);
  problems.push(...problemsOf(error?.issues ?? [], texts, lookup));
  const credential = data?.CARDEA_ADMIN_KEY;
  if (problems.length > 0 || !data || credential === undefined) throw new ConfigError(problems);
  const { CARDEA_ISSUER: given, CARDEA_PORT: port } = data;
  return { issuer: given ?? `http://localhost:${port}`, credential };
}

const missingKey: Problem = {
  where: 'CARDEA_ADMIN_KEY',
  problem: 'is missing',
  remedy:
    'Set it, or CARDEA_ADMIN_KEY_FILE, to an API key or access token for urn:cardea:admin. To make a key: cardea api-keys create --api urn:cardea:admin --user NAME --scope clients:read',
};

const lookup: SchemaLookup = ([name]) => {
  const { description } = environmentReference().find((entry) => entry.name === name) ?? {};
  return { keys: names, type: undefined, description };
};
