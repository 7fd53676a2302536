/** oauth2-proxy behind Caddy: docs/integrations/oauth2-proxy.md */
import { join } from 'node:path';
import { installGo } from '../../installing/builds.ts';
import { behindOauth2Proxy } from '../../kinds/oauth2_proxy.ts';
import { start } from '../../processes.ts';

const version = '2.11.9';

export const program = behindOauth2Proxy({
  gateway: 'Caddy 2.11.9',
  clientId: 'oauth2-proxy-caddy',
  file: 'oauth2-proxy.Caddyfile',
  place: ({ gateway, oauth2Proxy, app }) => [
    [':8080 {', `{\n\tadmin off\n}\n:${gateway} {`],
    ['127.0.0.1:4180', `127.0.0.1:${oauth2Proxy}`],
    ['127.0.0.1:8081', `127.0.0.1:${app}`],
  ],
  install: (place) => installGo(place, `github.com/caddyserver/caddy/v2/cmd/caddy@v${version}`),
  start: (folder, configuration) =>
    start(join(folder, 'caddy'), ['run', '--adapter', 'caddyfile', '--config', configuration], {
      folder,
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    }),
});
