/**
 * The OpenID Connect authenticator of kube-apiserver and the one of kubectl, by their Go modules. The API server takes
 * https issuers only, so this Cardea is one behind TLS.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { expectShown } from '../../pages.ts';
import { whileRunning } from '../../processes.ts';
import type { Program } from '../../program.ts';
import { startCardeaBehindTls } from '../../surroundings/behind_tls.ts';

const clientId = 'kubernetes';

export const program: Program = {
  name: 'Kubernetes API server (k8s.io/apiserver authenticator)',
  registry: 'Go',
  version: '0.37.2',
  flow: 'ID token of code + PKCE, by flags and by AuthenticationConfiguration; refresh by client-go',
  settings: 'an https issuer; in the program: username and groups claims',
  declaration: () => ({}),
  install: buildGo,
  async attempt({ folder, origin, port }) {
    const cardea = await startCardeaBehindTls({
      clients: [
        {
          client_id: clientId,
          client_name: 'Kubernetes',
          token_endpoint_auth_method: 'none',
          redirect_uris: [`${origin}/`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid email groups',
        },
      ],
    });
    const configuration = join(folder, 'this_run.yaml');
    const { issuer, certificate } = cardea;
    const words = [issuer, certificate, configuration, String(port)];
    writeFileSync(configuration, authenticationConfiguration(folder, cardea));
    return whileRunning([join(folder, 'program'), ...words], { folder }, async (app) => {
      await app.answersAt(`${origin}/health`);
      const page = await cardea.person.visit(`${origin}/start`);
      const who = '"Name":"alice@example.com"';
      expectShown(page, `"ByFlags":{${who}`, `"ByConfiguration":{${who}`, `"Refreshed":{${who}`);
      expectShown(page, '"Groups":["oidc:dev","oidc:ops"]');
      return 'e-mail as user name, groups with a prefix, also after a refresh';
    }).finally(cardea.close);
  },
};

/** The guide's file with this run's issuer and certificate. */
function authenticationConfiguration(
  folder: string,
  { issuer, certificate }: { issuer: string; certificate: string },
): string {
  const pem = readFileSync(certificate, 'utf8').trimEnd().replaceAll('\n', '\n        ');
  return readFileSync(join(folder, 'authentication.yaml'), 'utf8')
    .replace('https://id.example', issuer)
    .replace(/# certificateAuthority: .*/, `certificateAuthority: |\n        ${pem}`);
}
