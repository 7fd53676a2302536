import assert from 'node:assert/strict';
import { installPackages, pythonCommand } from '../../installing/python.ts';
import { scriptApp } from '../../kinds/script_app.ts';

export const program = scriptApp({
  name: 'httpx-oauth',
  registry: 'PyPI',
  version: '0.17.0',
  flow: 'code + PKCE, refresh, userinfo, revocation',
  settings: 'in the program: `code_challenge` made by hand',
  clientId: 'httpx-oauth',
  callback: '/callback',
  install: installPackages,
  command: (place) => pythonCommand(place, 'app.py'),
  async use(runWith, person) {
    const { url } = await person.visit((await runWith()).trim());
    const printed = await runWith(url);
    assert.match(printed, /Alice Adams/);
    assert.match(printed, /alice@example\.com/);
    assert.match(printed, /'dev', 'ops'/);
    return 'name, e-mail and groups of userinfo; refreshed; revoked';
  },
});
