import { installPackages, pythonCommand } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'Flask-OIDC',
  registry: 'PyPI',
  version: '2.4.0',
  flow: 'code, nonce, userinfo',
  settings: 'in Cardea: `require_pkce: false`, `token_endpoint_auth_method: client_secret_post`',
  clientId: 'flask-oidc',
  callback: '/authorize',
  client: { require_pkce: false, token_endpoint_auth_method: 'client_secret_post' },
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
  async use({ origin }, person) {
    const home = await person.visit(`${origin}/`);
    expectShown(home, 'Alice Adams', 'alice@example.com', 'dev', 'ops');
    return 'name, e-mail and groups of userinfo shown';
  },
});
