/** `npm run demo:mcp`, as its reader runs it. */
import assert from 'node:assert/strict';
import { exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createAgent, use } from './agent.ts';
import { sdks } from './sdks.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The lines that it shows under its headings. */
async function startDemonstration(t: TestContext) {
  const program = spawn(process.execPath, ['scripts/demo/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    program.kill('SIGTERM');
    if (program.exitCode === null) await once(program, 'exit');
  });
  const shown: string[] = [];
  for await (const line of createInterface({ input: program.stdout })) {
    if (line.startsWith('  ')) shown.push(line.trim());
    if (line.includes('cardea revoke')) break;
  }
  const variables = shown.filter((line) => line.startsWith('export '));
  const revoke = String(shown.at(-1)).replace('npx cardea', 'bin/cardea.js');
  return { url: String(shown[0]), revoke: [...variables, `${revoke} --yes`].join('\n') };
}

test('The demonstration of an MCP server serves an agent until the command that it shows cuts the person off', async (t) => {
  const { url, revoke } = await startDemonstration(t);
  const [sdk] = Object.values(sdks);
  assert.ok(sdk);
  const agent = createAgent(sdk, { url });
  const client = await agent.connect();
  assert.deepEqual(await use(client, 'list_orders'), [{ item: 'Bronze door hinge', quantity: 2 }]);
  await promisify(exec)(revoke, { cwd: root });
  await assert.rejects(async () => {
    for (;;) await use(client, 'list_orders');
  }, sdk.UnauthorizedError);
  await client.close();
});
