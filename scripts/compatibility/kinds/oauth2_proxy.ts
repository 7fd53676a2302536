/**
 * oauth2-proxy, as docs/integrations/oauth2-proxy.md sets it up behind a gateway. Which gateway is what the programs
 * differ in.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../harness/free_port.ts';
import { installGo } from '../installing/builds.ts';
import { expectShown } from '../pages.ts';
import { type RunningProcess, start } from '../processes.ts';
import type { Person, Place, Program } from '../program.ts';
import { startEchoApp } from '../surroundings/echo_app.ts';
import { writeGuideFile } from '../surroundings/guide_file.ts';

const version = '7.15.6';
const secret = 'a-secret-of-oauth2-proxy-for-one-run-here';

type Ports = { gateway: number; oauth2Proxy: number; app: number };

type GatewayInFront = {
  /** With its version. */
  gateway: string;
  clientId: string;
  /** Of docs/integrations/gateways. */
  file: string;
  /** What of the file is this machine's, as [what is there, what is to be there]. */
  place(ports: Ports): [string, string][];
  install(place: Place): Promise<unknown>;
  /** Starts it with the file. */
  start(folder: string, configuration: string): RunningProcess;
};

export function behindOauth2Proxy(gateway: GatewayInFront): Program {
  return {
    name: `oauth2-proxy behind ${gateway.gateway}`,
    registry: 'Go',
    version,
    flow: 'code + PKCE, refresh, sign-out',
    settings: 'in the program: `code_challenge_method = "S256"`, scope with `groups`',
    declaration: (origin) => ({
      clients: [
        {
          client_id: gateway.clientId,
          client_name: 'Web apps',
          client_secret: secret,
          redirect_uris: [`${origin}/oauth2/callback`],
          post_logout_redirect_uris: [`${origin}/`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid profile email groups',
        },
      ],
    }),
    async install(place) {
      await installGo(place, `github.com/oauth2-proxy/oauth2-proxy/v7@v${version}`);
      await gateway.install(place);
    },
    attempt: (place, person) => attempt(gateway, place, person),
  };
}

async function attempt(gateway: GatewayInFront, place: Place, person: Person): Promise<string> {
  const { folder, origin, port } = place;
  const app = await startEchoApp();
  const ports = { gateway: port, oauth2Proxy: await freePort(), app: app.port };
  const { clientId } = gateway;
  writeFileSync(join(folder, 'client_secret'), secret);
  writeFileSync(join(folder, 'cookie_secret'), 'thirty-two-bytes-of-this-one-run');
  const proxy = start(
    join(folder, 'oauth2-proxy'),
    [
      `--config=${writeGuideFile(folder, 'oauth2-proxy.cfg', [
        ['https://id.example', place.issuer],
        [
          'whitelist_domains = ["id.example"]',
          `whitelist_domains = ["${new URL(place.issuer).host}"]`,
        ],
        ['client_id = "oauth2-proxy"', `client_id = "${clientId}"`],
        ['https://app.example', origin],
        ['127.0.0.1:4180', `127.0.0.1:${ports.oauth2Proxy}`],
        // The app is at http here, and nobody waits for nine minutes.
        ['cookie_refresh = "9m"', 'cookie_refresh = "1s"\ncookie_secure = false'],
      ])}`,
    ],
    { folder },
  );
  const inFront = gateway.start(folder, writeGuideFile(folder, gateway.file, gateway.place(ports)));
  try {
    await proxy.answersAt(`http://127.0.0.1:${ports.oauth2Proxy}/ping`);
    await inFront.answersAt(`${origin}/oauth2/auth`);
    const shows = async (path: string) => {
      const page = await person.visit(`${origin}${path}`);
      expectShown(page, 'x-auth-request-email: alice@example.com');
      expectShown(page, 'x-auth-request-groups: dev,ops');
      return page;
    };
    const first = await shows('/report?year=2026');
    if (!first.url.endsWith('/report?year=2026')) throw new Error(`back at ${first.url}`);
    // The second refresh takes the refresh token of the first: a session that stays works on.
    for (let round = 0; occurrences(proxy, /Refreshing session/g) < 2; round += 1) {
      if (round > 10) throw new Error('the session is not refreshed');
      await sleep(1200);
      await shows('/report');
    }
    const signOut = new URL(`${place.issuer}/logout`);
    signOut.searchParams.set('client_id', clientId);
    signOut.searchParams.set('post_logout_redirect_uri', `${origin}/`);
    await shows(`/oauth2/sign_out?rd=${encodeURIComponent(signOut.href)}`);
    if (occurrences(proxy, /\[AuthSuccess\]/g) !== 2) throw new Error('nobody signed in again');
    return 'subject, e-mail, user name and groups in headers, refreshed twice, signed out of both';
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${proxy.output()}\n${inFront.output()}`);
  } finally {
    await Promise.all([proxy.stop(), inFront.stop(), app.close()]);
  }
}

const occurrences = (of: RunningProcess, pattern: RegExp) =>
  of.output().match(pattern)?.length ?? 0;
