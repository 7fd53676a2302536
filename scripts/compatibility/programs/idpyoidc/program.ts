import { installPackages, pythonCommand } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'idpyoidc (RPHandler)',
  registry: 'PyPI',
  version: '5.0.0',
  flow: 'code + PKCE, refresh',
  settings: 'in the program: the add-on `pkce`, `client_authn_methods`',
  clientId: 'idpyoidc',
  callback: '/callback',
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
  async use({ origin }, person) {
    const home = await person.visit(`${origin}/`);
    expectShown(home, 'Alice Adams', 'alice@example.com', 'dev', 'ops');
    return 'name, e-mail and groups of userinfo shown; refreshed';
  },
});
