import { installPackages, pythonCommand } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'requests-oauthlib',
  registry: 'PyPI',
  version: '2.0.0',
  flow: 'code + PKCE, refresh, userinfo',
  settings: 'in the program: `pkce`',
  clientId: 'requests-oauthlib',
  callback: '/callback',
  // The issuer of this trial has no TLS.
  env: () => ({ OAUTHLIB_INSECURE_TRANSPORT: '1' }),
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
  async use({ origin }, person) {
    const home = await person.visit(`${origin}/`);
    expectShown(home, 'Alice Adams', 'alice@example.com', 'dev', 'ops');
    return 'refreshed; name, e-mail and groups of userinfo shown';
  },
});
