/**
 * What variables must hold between each other: nothing configured is development mode, which stays on
 * this machine; with an issuer everything has to be there, and nothing is invented.
 */
import { isLoopbackHost } from '../definitions/loopback.ts';
import { readStoreUrl } from '../definitions/store_url.ts';
import { environmentSchema, type VariableName } from './environment.ts';
import type { Problem } from './problems.ts';

export type EnvironmentReading = {
  /** What the variables hold, where that could be read. */
  texts: Partial<Record<VariableName, string>>;
  /** Variables that are set, readable or not. */
  set: ReadonlySet<VariableName>;
};

const production = 'Set CARDEA_ISSUER as well; without it Cardea starts in development mode.';

/**
 * Contradictions between variables. An installation without the demonstration (the container image) has no
 * development mode: there the variables of a production start are required.
 */
export function findDeploymentProblems(
  { texts, set }: EnvironmentReading,
  { hasDevelopmentMode }: { hasDevelopmentMode: boolean },
): Problem[] {
  const problems: Problem[] = [];
  const report = (where: VariableName, problem: string, remedy: string) =>
    problems.push({ where, problem, remedy });

  const { shape } = environmentSchema;
  const port = shape.CARDEA_PORT.safeParse(texts.CARDEA_PORT).data;
  const managementPort = shape.CARDEA_MANAGEMENT_PORT.safeParse(texts.CARDEA_MANAGEMENT_PORT).data;
  if (port !== undefined && port === managementPort) {
    const remedy = 'Give it another port, one that only your monitoring reaches.';
    report('CARDEA_MANAGEMENT_PORT', 'is the same port as CARDEA_PORT', remedy);
  }
  if (set.has('CARDEA_ISSUER') || !hasDevelopmentMode) {
    if (!set.has('CARDEA_ISSUER')) {
      const remedy =
        'Set it to the address that clients know, such as https://id.example.com. This installation has no development mode.';
      report('CARDEA_ISSUER', 'is missing', remedy);
    }
    if (!set.has('CARDEA_SECRET')) {
      const remedy =
        'Make one with: npx cardea secret generate, and keep it where only Cardea reads it (CARDEA_SECRET_FILE).';
      report('CARDEA_SECRET', 'is missing', remedy);
    }
    return problems;
  }
  for (const name of ['CARDEA_HOST', 'CARDEA_MANAGEMENT_HOST'] as const) {
    if (texts[name] === undefined || isLoopbackHost(texts[name])) continue;
    report(name, 'lets other machines in, which development mode does not', production);
  }
  if (isShared(texts.CARDEA_STORE)) {
    report('CARDEA_STORE', 'is a shared store, which development mode does not use', production);
  }
  for (const name of ['CARDEA_SECRET', 'CARDEA_TRUSTED_PROXIES'] as const) {
    if (set.has(name)) report(name, 'is set, but CARDEA_ISSUER is not', production);
  }
  return problems;
}

function isShared(store: string | undefined): boolean {
  const address = readStoreUrl(store ?? '');
  return typeof address !== 'string' && address.engine === 'mongodb';
}
