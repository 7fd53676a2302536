/** oauth2-proxy behind nginx: docs/integrations/oauth2-proxy.md */
import { debianPackages } from '../../installing/debian.ts';
import { behindOauth2Proxy } from '../../kinds/oauth2_proxy.ts';
import { start } from '../../processes.ts';

const version = '1.22.1-9+deb12u11';

export const program = behindOauth2Proxy({
  gateway: 'nginx 1.22.1 of Debian',
  clientId: 'oauth2-proxy-nginx',
  file: 'oauth2-proxy.nginx.conf',
  place: ({ gateway, oauth2Proxy, app }) => [
    ['127.0.0.1:8080', `127.0.0.1:${gateway}`],
    ['127.0.0.1:4180', `127.0.0.1:${oauth2Proxy}`],
    ['127.0.0.1:8081', `127.0.0.1:${app}`],
    // No folder of the system's own nginx.
    [
      'http {',
      ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].reduce(
        (text, name) => `${text} ${name}_temp_path ${name};`,
        'http { access_log off;',
      ),
    ],
  ],
  install: () => debianPackages({ nginx: version }),
  start: (folder, configuration) =>
    start(
      'nginx',
      [
        ...['-p', folder, '-c', configuration, '-e', 'stderr'],
        ...['-g', `daemon off; pid ${folder}/nginx.pid;${asThisUser}`],
      ],
      { folder },
    ),
});

/** Root is whom the workers would not run as otherwise; the temporary folders are root's then. */
const asThisUser = process.getuid?.() === 0 ? ' user root;' : '';
