/**
 * A server where people register themselves, a mail server behind it, and people who do.
 */
import { after, before } from 'node:test';
import { createUserAgent, type Page, type UserAgent } from '../../../harness/user_agent.ts';
import { type MailServer, startMailServer } from '../../support/mail_server.ts';
import { createMailbox, type Mailbox } from '../../support/mailbox.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../support/server.ts';
import type { TestStores } from '../../support/stores.ts';

export const password = 'four words that nobody knows';

export const app = {
  ...{ client_id: 'app', client_name: 'App', token_endpoint_auth_method: 'none' },
  ...{ grant_types: ['authorization_code', 'refresh_token'], redirect_uris: [callbackUri] },
  ...{ consent: 'skip', scope: 'openid profile email' },
};

const tv = {
  ...{ client_id: 'tv', token_endpoint_auth_method: 'none', scope: 'openid' },
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
};

export type SignUpScene = {
  server: TestServer;
  smtp: MailServer;
  mailbox: Mailbox;
  /** A browser at an address of its own. */
  browser(): UserAgent;
  /** Asks for the mail. */
  ask(agent: UserAgent, email: string, from?: string): Promise<Page>;
  /** Asks, and reads the mail. */
  proofFor(email: string, agent?: UserAgent): Promise<{ link: string; code: string; page: Page }>;
  /** Sends the form of the link's page. */
  finish(agent: UserAgent, page: Page, fields?: Record<string, string>): Promise<Page>;
  /** From the address to the account. */
  register(email: string, fields?: Record<string, string>): Promise<Page>;
};

/** The scene while tests run. */
export function signUpScene(
  stores: TestStores,
  { declaration = {}, ...options }: Omit<TestServerOptions, 'store'> = {},
): () => SignUpScene {
  let scene: SignUpScene | undefined;
  before(async () => {
    const smtp = await startMailServer();
    const mail = {
      ...{ from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } },
    };
    const server = await startTestServer({
      ...{ ...options, store: await stores.freshUrl(), trustedProxies: '127.0.0.1' },
      declaration: { registration: { mode: 'open' }, clients: [app, tv], mail, ...declaration },
    });
    scene = createScene(server, smtp);
  });
  after(async () => {
    await scene?.server.close();
    await scene?.smtp.close();
  });
  return () => {
    if (!scene) throw new Error('the server runs only while tests do');
    return scene;
  };
}

function createScene(server: TestServer, smtp: MailServer): SignUpScene {
  const mailbox = createMailbox(smtp);
  let browsers = 0;
  const scene: SignUpScene = {
    ...{ server, smtp, mailbox },
    browser() {
      browsers += 1;
      const address = `203.${Math.floor(browsers / 250)}.${browsers % 250}.7`;
      return createUserAgent({ headers: { 'x-forwarded-for': address } });
    },
    async ask(agent, email, from = `${server.issuer}/sign-up`) {
      const page = await agent.open(from);
      return agent.submit(page, { action: /\/sign-up$/, fields: { email } });
    },
    async proofFor(email, agent = scene.browser()) {
      const mail = await mailbox.nextProof(email.toLowerCase());
      const page = await scene.ask(agent, email);
      return { ...(await mail()), page };
    },
    finish: (agent, page, fields = {}) =>
      agent.submit(page, { action: /\/sign-up\/account$/, fields: { password, ...fields } }),
    async register(email, fields = {}) {
      const agent = scene.browser();
      const { link } = await scene.proofFor(email, agent);
      return scene.finish(agent, await agent.open(link), fields);
    },
  };
  return scene;
}
