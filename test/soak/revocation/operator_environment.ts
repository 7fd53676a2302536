/** The environment of an operator's command on the soak's store. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function operatorEnvironment({
  issuer,
  store,
  secret,
  declaration,
}: {
  issuer: string;
  store: string;
  secret: string;
  declaration: object;
}): Promise<NodeJS.ProcessEnv> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-operator-'));
  const configuration = join(folder, 'cardea.json');
  await writeFile(configuration, JSON.stringify(declaration));
  return {
    CARDEA_ISSUER: issuer,
    CARDEA_STORE: store,
    CARDEA_SECRET: secret,
    CARDEA_CONFIG: configuration,
  };
}
