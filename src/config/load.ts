/**
 * Loading of the configuration: environment and declarative file, checked together, so that one run tells
 * all that is wrong. It owns where things are read from and in which order; what is right is decided by
 * the schemas (environment.ts, declaration.ts) and by the rules between values (deployment.ts, consistency.ts).
 */
import { access } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CardeaError } from '../errors.ts';
import type { Config, DeclarationFile } from './config.ts';
import { type EnvironmentReading, findDeploymentProblems } from './deployment.ts';
import { type LinesByPlace, parseDeclarationText } from './document.ts';
import {
  developmentStore,
  environmentReference,
  environmentSchema,
  type VariableName,
  variableNames,
} from './environment.ts';
import { problemsOf, type SchemaLookup } from './issues.ts';
import { addProblems, ConfigError, formatPath, nearest, type Problem } from './problems.ts';
import { createDeclarationLookup } from './reference.ts';
import { findContradictions } from './schema/consistency.ts';
import { type Declaration, declarationSchema } from './schema/declaration.ts';
import { tracingSettings, withoutEmptyTracing } from './tracing.ts';
import { createVariables, readTextFile, type Variables } from './variables.ts';

const projectRoot = fileURLToPath(new URL('../../', import.meta.url));
const demonstrationFile = resolve(projectRoot, 'demo/cardea.yaml');
const fileLimit = 1024 * 1024;

export type LoadOptions = {
  /** Further checks of what is declared, made when the file is right otherwise. */
  validate?: (declaration: Declaration) => Promise<Problem[]>;
  /** Answers the secret of development mode (32 bytes, base64url). Default: the one kept in keys/. */
  developmentSecret?: () => Promise<string>;
};

/**
 * The checked configuration, deeply frozen. Throws ConfigError with every mistake of the environment and
 * the declarative file. Without CARDEA_ISSUER: development mode, with its own secret and declarative file.
 */
export async function loadConfig(
  env: NodeJS.ProcessEnv,
  { validate, developmentSecret = keptSecret }: LoadOptions = {},
): Promise<Config> {
  const problems: Problem[] = [];
  const variables = createVariables(withoutEmptyTracing(env), (problem) => problems.push(problem));

  const reading = await readEnvironment(variables);
  const environment = environmentSchema.safeParse(reading.texts);
  const issues = environment.error?.issues ?? [];
  addProblems(problems, problemsOf(issues, reading.texts, environmentLookup));
  const hasDevelopmentMode = await isReadable(demonstrationFile);
  addProblems(problems, findDeploymentProblems(reading, { hasDevelopmentMode }));
  addProblems(problems, findMisspelt(variables));

  const developmentMode = !reading.set.has('CARDEA_ISSUER') && hasDevelopmentMode;
  const path = reading.set.has('CARDEA_CONFIG')
    ? reading.texts.CARDEA_CONFIG
    : developmentMode && demonstrationFile;
  const file = path ? await readDeclaration(path, variables) : emptyFile();
  addProblems(problems, file.problems);
  const { declaration } = file;
  if (declaration) addProblems(problems, findMissingMail(declaration, { developmentMode }));
  if (declaration && validate && file.problems.length === 0) {
    addProblems(problems, await validate(declaration));
  }
  if (problems.length > 0 || !environment.data || !declaration) throw new ConfigError(problems);

  const values = environment.data;
  return freeze({
    developmentMode,
    issuer: values.CARDEA_ISSUER ?? `http://localhost:${values.CARDEA_PORT}`,
    host: values.CARDEA_HOST,
    port: values.CARDEA_PORT,
    managementPort: values.CARDEA_MANAGEMENT_PORT,
    storeWait: values.CARDEA_STORE_WAIT,
    managementHost: values.CARDEA_MANAGEMENT_HOST,
    store:
      developmentMode && !reading.set.has('CARDEA_STORE') ? developmentStore : values.CARDEA_STORE,
    secrets: values.CARDEA_SECRET ?? [await decodeDevelopmentSecret(developmentSecret)],
    workers: values.CARDEA_WORKERS,
    trustedProxies: values.CARDEA_TRUSTED_PROXIES ?? [],
    logLevel: values.CARDEA_LOG_LEVEL,
    tracing: tracingSettings(values),
    declaration,
    file: file.file,
  });
}

async function readEnvironment(variables: Variables): Promise<EnvironmentReading> {
  const set = new Set<VariableName>();
  const texts: EnvironmentReading['texts'] = {};
  for (const name of variableNames) {
    const reading = await variables.read(name);
    if (reading.state !== 'absent') set.add(name);
    if (reading.state === 'value') texts[name] = reading.value;
  }
  return { texts, set };
}

const environmentLookup: SchemaLookup = ([name]) => {
  const { description } = environmentReference().find((entry) => entry.name === name) ?? {};
  return { keys: variableNames, type: undefined, description };
};

function findMisspelt(variables: Variables): Problem[] {
  return variables.names().flatMap((name) => {
    if (!name.startsWith('CARDEA_') || variableNames.some((known) => known === name)) return [];
    const meant = nearest(name, variableNames);
    const remedy = `Did you mean ${meant}?`;
    return meant ? [{ where: name, problem: 'is not a variable of Cardea', remedy }] : [];
  });
}

/** In development mode mails are kept and shown. */
function findMissingMail(
  { registration, mail }: Declaration,
  { developmentMode }: { developmentMode: boolean },
): Problem[] {
  if (registration.mode === 'off' || mail || developmentMode) return [];
  const problem = 'lets people make accounts, but no mail can be sent to show whose address it is';
  const remedy = 'Declare mail.from and mail.smtp, or set the mode to off.';
  return [{ where: 'registration.mode', problem, remedy }];
}

type DeclarativeFile = { problems: Problem[]; declaration?: Declaration; file?: DeclarationFile };

/** Where none is named. */
function emptyFile(): DeclarativeFile {
  return { problems: [], declaration: declarationSchema.parse({}) };
}

/** The declarative file, with its content when that has no mistake. */
async function readDeclaration(path: string, variables: Variables): Promise<DeclarativeFile> {
  const content = await readTextFile(path, fileLimit);
  if ('failure' in content) {
    const problem = `names a file that ${content.failure}`;
    const remedy = 'Let it name a YAML or JSON file that this process may read.';
    return { problems: [{ where: 'CARDEA_CONFIG', problem, remedy }] };
  }
  const problems: Problem[] = [];
  const lines: LinesByPlace = {};
  const report = (problem: Problem) => void problems.push(problem);
  const data = await parseDeclarationText(content.text, variables, report, lines);
  if (data === undefined) return { problems };
  addProblems(problems, await resolvePaths(data, dirname(resolve(path))));
  const parsed = declarationSchema.safeParse(data);
  const issues = parsed.error?.issues ?? [];
  addProblems(problems, problemsOf(issues, data, createDeclarationLookup()));
  addProblems(problems, findContradictions(data));
  const file = { name: basename(path), lines };
  return parsed.data ? { problems, declaration: parsed.data, file } : { problems };
}

const pathMembers = [
  ['pages', 'logo'],
  ['pages', 'templates'],
  ['outbound', 'ca'],
] as const;

/** Makes the paths in the file's data absolute (they are relative to its folder); answers those that lead nowhere. */
async function resolvePaths(data: unknown, folder: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [section, member] of pathMembers) {
    const members = isRecord(data) ? data[section] : undefined;
    const path = isRecord(members) ? members[member] : undefined;
    if (!isRecord(members) || typeof path !== 'string' || path === '') continue;
    members[member] = resolve(folder, path);
    const remedy = "Paths are relative to the declarative file's folder.";
    const where = formatPath([section, member]);
    if (await isReadable(resolve(folder, path))) continue;
    problems.push({ where, problem: 'names nothing that can be read', remedy });
  }
  return problems;
}

function isReadable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function keptSecret(): Promise<string> {
  const { loadOrCreateDevelopmentSecret } = await import('../secrets/room.ts');
  return loadOrCreateDevelopmentSecret(resolve(projectRoot, 'keys'));
}

async function decodeDevelopmentSecret(read: () => Promise<string>): Promise<Buffer> {
  try {
    return Buffer.from(await read(), 'base64url');
  } catch (error) {
    const remedy =
      error instanceof CardeaError
        ? error.message
        : 'Make the folder keys/ writable, or set CARDEA_ISSUER.';
    const problem = 'cannot be made for development mode';
    throw new ConfigError([{ where: 'CARDEA_SECRET', problem, remedy }]);
  }
}

/** Freezes it and all in it, except binary data, which cannot be frozen. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
