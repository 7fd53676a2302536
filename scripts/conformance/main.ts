/**
 * Prepares a run of the conformance suite: `npm run conformance -- FOLDER` writes what Cardea and the
 * suite are to be started with into FOLDER, which has the suite's authority as ca.pem, and serves the protected
 * resource of the FAPI 2.0 plans until it is stopped. docs/integrations/conformance.md has the whole way.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startAccountsApi } from './accounts_api.ts';
import { createDeclaration } from './declaration.ts';
import { createSetup, type Setup } from './setup.ts';
import { suiteConfigurations } from './suite.ts';

const { ISSUER, SUITE, API, API_PORT } = process.env;
const folder = resolve(process.argv[2] ?? '.');
const file = (name: string) => join(folder, name);
const write = (name: string, content: object) =>
  // Private keys and secrets are among it.
  writeFileSync(file(name), JSON.stringify(content, null, 2), { mode: 0o600 });

const setup: Setup = existsSync(file('setup.json'))
  ? JSON.parse(readFileSync(file('setup.json'), 'utf8'))
  : await createSetup({
      issuer: ISSUER ?? 'https://localhost:9443',
      suite: SUITE ?? 'https://localhost:8443',
      api: API ?? 'https://localhost:9444/accounts',
      ca: file('ca.pem'),
    });
write('setup.json', setup);
write('cardea.json', createDeclaration(setup));
for (const [name, configuration] of Object.entries(suiteConfigurations(setup))) {
  write(`suite-${name}.json`, configuration);
}
await startAccountsApi(setup, Number(API_PORT ?? 3301));
console.log(`Wrote cardea.json and suite-*.json into ${folder}; serving ${setup.api}.`);
