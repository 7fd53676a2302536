/**
 * People at the console: alice owns the server, dave administers it, carol audits it, bob is no operator.
 */
import { alice as aliceSignsIn, bob, type Person, people } from '../../harness/sign_in.ts';
import { testSecret } from '../../harness/test_secret.ts';
import { formsOf, type Page } from '../../harness/user_agent.ts';
import { createServices } from '../../src/app/services.ts';
import { systemClock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { openStore } from '../../src/storage/open.ts';
import { createLog } from '../../src/telemetry/log.ts';
import type { TestServer } from '../support/server.ts';
import { type SiteVisitor, visitorsOf } from '../support/site_visitors.ts';

export const alice = aliceSignsIn;
export const carol: Person = { username: 'carol', password: 'books-and-balances-42' };
export const dave: Person = { username: 'dave', password: 'ladders-and-levers-7' };
export { bob };

export const ordersApi = 'https://orders.example';

export const declaration = {
  apis: [{ identifier: ordersApi, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
  clients: [
    {
      client_id: 'shop',
      client_name: 'Shop',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://shop.example/callback'],
      scope: 'openid orders:read',
      apis: [ordersApi],
    },
  ],
  users: [
    ...people.map((person) =>
      person.username === alice.username ? { ...person, operator: 'owner' } : person,
    ),
    { ...carol, operator: 'auditor' },
    { ...dave, operator: 'administrator' },
  ],
};

export type Operator = SiteVisitor;

export const { signIn, createVisitor: createOperator } = visitorsOf('/console');

export function headingOf({ html }: Page): string {
  return textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1] ?? '');
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .trim();
}

/** The value that a field of the page's forms would be sent with. */
export function fieldOf({ html }: Page, name: string): string | undefined {
  const all = formsOf(html).flatMap(({ fields }) => fields);
  return all.findLast(([field]) => field === name)?.[1];
}

/** What stands by a field as wrong; empty: nothing. */
export function errorOf({ html }: Page, name: string): string {
  const [, inner = ''] = new RegExp(`id="field-${name}-error">(.*?)</p>`, 's').exec(html) ?? [];
  return textOf(inner);
}

/** What the command line does beside the server, on its store. */
export async function besides({ store: url }: Pick<TestServer, 'store'>) {
  const store = await openStore({ url });
  const log = createLog({ level: 'error', pretty: false });
  const config = {
    ...{ issuer: 'https://id.example', developmentMode: false },
    secrets: [Buffer.from(testSecret, 'base64url')],
    declaration: declarationSchema.parse(declaration),
  };
  const services = createServices({ config, store, clock: systemClock, log });
  const users = await services.users();
  return {
    ...{ store, users, operators: await services.operators(), by: { actor: 'operator' } },
    apis: await services.apiRecords(),
    async idOf({ username }: Person) {
      const user = await users.findByUsername(username);
      if (!user) throw new Error(`there is no ${username}`);
      return user.id;
    },
    async close() {
      await services.close();
      await store.close();
    },
  };
}
