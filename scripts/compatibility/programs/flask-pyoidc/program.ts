import { installPackages, pythonCommand } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'Flask-pyoidc',
  registry: 'PyPI',
  version: '3.14.3',
  flow: 'code, refresh, RP-initiated logout',
  settings: 'in Cardea: `require_pkce: false`',
  clientId: 'flask-pyoidc',
  callback: '/callback',
  goodbye: '/goodbye',
  client: { require_pkce: false },
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
  async use({ origin }, person) {
    const home = await person.visit(`${origin}/`);
    expectShown(home, 'Alice Adams', 'alice@example.com', 'dev', 'ops');
    expectShown(await person.visit(`${origin}/refresh`), 'true');
    expectShown(await person.visit(`${origin}/goodbye`), 'You are signed out');
    return 'name, e-mail and groups of userinfo shown; refreshed; signed out at both';
  },
});
