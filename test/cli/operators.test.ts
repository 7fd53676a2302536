/** Commands about the people who run Cardea. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type CommandLine, createCommandLine, startServerOf } from './support.ts';

let cli: CommandLine;

before(async () => {
  cli = await createCommandLine();
  await (await startServerOf(cli)).close();
});
after(() => cli.close());

const password = 'a password of many words';

describe('Owner and operator commands', () => {
  test('An owner is a new user with a long password, or a user who is there, and once is enough', async () => {
    const short = await cli.run(['owner', 'create', 'olga'], { input: 'fourteen chars' });
    assert.equal(short.code, 2);
    assert.match(short.stderr, /at least 15 characters/);
    const words = ['owner', 'create', 'olga', '--email', 'olga@example.com'];
    const made = await cli.json(words, { input: password });
    assert.deepEqual([made.username, made.role, made.created], ['olga', 'owner', true]);
    const again = await cli.json(words);
    assert.deepEqual([again.created, again.since], [false, made.since]);
    assert.equal((await cli.json(['owner', 'create', 'alice'])).role, 'owner');
    const owners: { username: string }[] = await cli.json(['owner', 'list']);
    assert.deepEqual(owners.map(({ username }) => username).toSorted(), ['alice', 'olga']);
  });

  test('An owner gets no shorter password later', async () => {
    const words = ['users', 'set-password', 'olga', '--json'];
    const { code, stderr } = await cli.run(words, { input: 'fourteen chars' });
    assert.equal(code, 1, stderr);
    assert.match(JSON.parse(stderr).error.message, /must have 15 to/);
  });

  test('The last owner stays, whichever command tries', async () => {
    await cli.json(['operators', 'remove', 'alice']);
    for (const words of [
      ['operators', 'remove', 'olga'],
      ['operators', 'set', 'olga', '--role', 'support'],
      ['users', 'disable', 'olga'],
      ['users', 'delete', 'olga'],
    ]) {
      const { code, stderr } = await cli.run([...words, '--json']);
      assert.equal(code, 1);
      assert.equal(JSON.parse(stderr).error.code, 'last_owner', stderr);
    }
  });

  test('A deployer gets projects by name, and a wrong role or project is refused', async () => {
    const api = 'https://orders.example';
    const { id } = await cli.json(['projects', 'create', '--name', 'Shop', '--api', api]);
    const words = ['operators', 'set', 'alice', '--role', 'deployer'];
    const { projects } = await cli.json([...words, '--project', 'Shop']);
    assert.deepEqual(projects, [id]);
    assert.equal((await cli.run([...words, '--project', 'none'])).code, 1);
    assert.equal((await cli.run(words)).code, 1);
    assert.equal((await cli.run(['operators', 'set', 'alice', '--role', 'king'])).code, 2);
    const { stdout } = await cli.run(['operators', 'list']);
    assert.match(stdout, /alice +deployer/);
  });
});
