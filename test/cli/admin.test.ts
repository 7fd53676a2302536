/** `cardea admin`: the admin API of a running Cardea, from a machine that has its address and a credential, and no store. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { operations } from '../../src/admin/room.ts';
import { describedOperations } from '../../src/admin_client/room.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { declaration, operatorToken } from '../admin/scene.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { type CommandLine, createCommandLine } from './support.ts';

onSqlite((stores) => {
  describe('The admin API from the command line', () => {
    let cli: CommandLine;
    let server: TestServer;
    let env: Record<string, string>;
    before(async () => {
      cli = await createCommandLine();
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      const CARDEA_ADMIN_KEY = await operatorToken(server.issuer);
      env = { CARDEA_ISSUER: server.issuer, CARDEA_ADMIN_KEY };
    });
    after(async () => {
      await server?.close();
      await cli?.close();
    });

    const run = (words: string[], { input = '', ...others }: Record<string, string> = {}) =>
      cli.run(['admin', ...words], { input, only: { ...env, ...others } });
    const done = async (words: string[], input = '') => {
      const ran = await run(words, { input });
      assert.equal(ran.code, 0, ran.stderr);
      return ran;
    };

    test('A client is created by options, changed from that version, and deleted', async () => {
      const made = await done([
        ...['create-client', '--client-name', 'Nightly job', '--reason', 'as agreed'],
        ...['--grant-types', 'client_credentials', '--dpop-bound-access-tokens', 'true'],
      ]);
      const { client_id: id, client_secret: secret, ...client } = JSON.parse(made.stdout);
      assert.equal(client.client_name, 'Nightly job');
      assert.deepEqual(client.grant_types, ['client_credentials']);
      assert.equal(client.dpop_bound_access_tokens, true);
      assert.match(secret, /^[\w-]{43}$/);
      assert.match(made.stderr, new RegExp(`^Issuer ${server.issuer}\nETag "1"\n$`));

      const change = ['patch-client', id, '--unset', 'client_name', '--if-match'];
      const planned = await done([...change, '1', '--dry-run', '--json']);
      assert.equal(JSON.parse(planned.stdout).changes[0].event, 'client.updated');
      assert.equal(JSON.parse((await done([...change, '1'])).stdout).client_name, undefined);
      const stale = await run([...change, '1']);
      assert.equal(stale.code, 1);
      assert.match(stale.stderr, /error: .*\n {2}Request ID: \S+/);
      assert.equal(stale.stdout, '');
      const gone = await done(['delete-client', id, '--if-match', '*']);
      assert.deepEqual([gone.stdout, /Done\./.test(gone.stderr)], ['', true]);
    });

    test('A list is a table with the way to the next page, and all of it with --all', async () => {
      const first = await done(['list-clients', '--limit', '1', '--enabled', 'true']);
      assert.match(first.stdout, /^CLIENT ID +CLIENT NAME /);
      assert.match(first.stderr, /There are more: --all, or --after \S/);
      const all = await done(['list-clients', '--limit', '1', '--all', '--json']);
      const { items, next } = JSON.parse(all.stdout);
      assert.equal(next, null);
      const ids = items.map(({ client_id }: { client_id: string }) => client_id);
      assert.ok(['cardea-console', 'dashboard', 'deployment'].every((id) => ids.includes(id)));
      assert.match((await done(['get-settings-yaml'])).stdout, /^pages:/m);
    });

    test('A body comes from stdin, options go before it, and none takes a secret', async () => {
      const body = JSON.stringify({ name: 'night', description: 'From the body' });
      const made = await done(['create-group', '--body', '-', '--description', 'Shift'], body);
      const { name, description } = JSON.parse(made.stdout);
      assert.deepEqual({ name, description }, { name: 'night', description: 'Shift' });
      const seen = await run(['create-user', '--username', 'eve', '--password', 'seen-by-all']);
      assert.deepEqual([seen.code, /unknown option/.test(seen.stderr)], [2, true]);
    });

    test('What is wrong is told by its member, and with --json as one object', async () => {
      const wrong = await run(['create-client', '--redirect-uris', 'nowhere', '--json']);
      assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
      const { error } = JSON.parse(wrong.stderr);
      assert.match(error.message, /#\/redirect_uris\/0: /);
      const nobody = await run(['list-clients'], { CARDEA_ADMIN_KEY: 'nothing' });
      assert.deepEqual([nobody.code, /error: /.test(nobody.stderr)], [1, true]);
      const far = await run(['list-clients', '--issuer', 'http://id.example']);
      assert.match(far.stderr, /CARDEA_ISSUER is plain http, and not on this machine/);
    });

    test('Whoever is not Cardea gets no second request, and is told apart', async (t) => {
      const asked: (string | undefined)[] = [];
      const other = createServer(({ url }, response) => {
        asked.push(url);
        if (url === '/admin/v1/clients') response.writeHead(302, { location: '/elsewhere' });
        else response.writeHead(404);
        response.end('<h1>Not here</h1>');
      });
      await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
      t.after(() => other.close());
      const issuer = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      const led = await run(['list-clients', '--issuer', issuer]);
      assert.deepEqual([led.code, /cannot be reached/.test(led.stderr)], [1, true]);
      const lost = await run(['get-settings', '--issuer', issuer]);
      assert.match(lost.stderr, /responded with 404 .* Is this the address of Cardea\?/);
      assert.deepEqual(asked, ['/admin/v1/clients', '/admin/v1/settings']);
    });

    test('Every operation of the admin API is a command, with its parameters as operands', async () => {
      const { commands: groups } = await buildProgram(['admin']);
      const admin = groups.find((group) => group.name() === 'admin');
      const commands = new Map(admin?.commands.map((command) => [command.name(), command]));
      assert.equal(commands.size, operations.length);
      for (const { id, path, method } of operations) {
        const name = id.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
        const operands = commands.get(name)?.registeredArguments.map((one) => one.name());
        assert.deepEqual(
          operands,
          [...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param),
          id,
        );
        const described = describedOperations.find((one) => one.id === id);
        assert.deepEqual([described?.path, described?.method], [path, method]);
      }
    });
  });
});
