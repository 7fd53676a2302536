/** Spring Boot, as a client and as an API, in the versions that are maintained. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { buildJar, startJar } from '../installing/maven.ts';
import { expectShown } from '../pages.ts';
import type { Place, Program } from '../program.ts';
import { programsFolder } from '../results.ts';
import { ordersApi } from '../surroundings/orders_api.ts';
import { apiApp } from './api_app.ts';
import { webApp } from './web_app.ts';

type SpringBoot = Pick<Program, 'version' | 'settings' | 'install'> & { id: string };

export async function springClient({ id, ...about }: SpringBoot): Promise<Program> {
  const orders = await ordersApi(id);
  return webApp({
    ...about,
    name: `Spring Boot ${about.version[0]} (OAuth 2.0 client)`,
    registry: 'Maven',
    flow: 'code + PKCE, refresh, RP-initiated logout',
    clientId: id,
    callback: '/login/oauth2/code/cardea',
    goodbye: '/goodbye',
    orders,
    command: startJar,
    async use(place, person) {
      const { origin } = place;
      expectShown(await person.visit(`${origin}/`), 'Alice Adams, alice@example.com', 'dev, ops');
      await orders.expectRefreshed(place, person);
      const left = await person.submit(await person.visit(`${origin}/logout`), /logout/);
      expectShown(left, 'You are signed out');
      return 'name, e-mail and groups of the ID token shown; refreshed; signed out at both';
    },
  });
}

export function springApi(about: SpringBoot & { introspects?: boolean }): Program {
  return apiApp({
    ...about,
    name: `Spring Boot ${about.version[0]} (${about.introspects ? 'introspection' : 'resource server'})`,
    registry: 'Maven',
    command: startJar,
  });
}

/** Builds the sources of another program's folder with what is in this one. */
export async function buildWithSourcesOf(folder: string, place: Place): Promise<void> {
  await cp(join(programsFolder, folder, 'src'), join(place.folder, 'src'), { recursive: true });
  await buildJar(place);
}
