/**
 * Problems that normally only a start finds, for `cardea check`: creates each part as a node would, and keeps nothing.
 */
import type { Config } from '../config/config.ts';
import type { Problem } from '../config/problems.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import { CardeaError } from '../errors.ts';

/** Checks clients with the protocol engine, users, pages and certificates. Loaded only here, as these are large. */
export async function startProblems(declaration: Declaration): Promise<Problem[]> {
  const { createStandaloneClientCheck } = await import('../oidc/room.ts');
  const { declaredUserProblems } = await import('../users/room.ts');
  const { createAssets } = await import('../pages/assets.ts');
  const { createViews } = await import('../pages/views.ts');
  const { createOutboundFetch } = await import('../net/outbound.ts');
  const { pages, outbound } = declaration;
  const silent = { error: () => {}, warn: () => {} };
  return [
    ...createStandaloneClientCheck(declaration).problemsOf(declaration.clients),
    ...declaredUserProblems(declaration.users),
    ...(await problemOf('pages', 'cannot be used', () =>
      createViews({ pages, assets: createAssets({ pages }), log: silent }),
    )),
    ...(await problemOf('outbound.ca', 'cannot be used', () =>
      createOutboundFetch({ ...outbound, log: silent }),
    )),
  ];
}

/** What a start would fail at in the store. Creates and migrates nothing. */
export async function storeProblems(config: Config): Promise<Problem[]> {
  const { openStore } = await import('../storage/open.ts');
  const { requireClaimable } = await import('../storage/identity.ts');
  const { systemClock: clock } = await import('../clock.ts');
  const { namingStore } = await import('./terminal/store_name.ts');
  const { StoreMissingError, StoreOutdatedError } = await import('../storage/errors.ts');
  const problems: Problem[] = [];
  const place = 'CARDEA_STORE';
  problems.push(
    ...(await problemOf(place, 'cannot be used', async () => {
      const store = await openStore({ url: config.store, clock, asItIs: true }).catch((error) => {
        // The next start creates or migrates it.
        if (error instanceof StoreMissingError || error instanceof StoreOutdatedError) return;
        throw namingStore(error, config.store);
      });
      if (!store) return;
      try {
        await store.ping();
        const { issuer, developmentMode } = config;
        await requireClaimable(store.documents, { issuer, development: developmentMode });
        problems.push(...(await takenNames(config, store.users)));
        // Development mode has its own secret, which a check neither reads nor creates.
        if (!developmentMode) problems.push(...(await unreadableKeys(config, store.documents)));
      } finally {
        await store.close();
      }
    })),
  );
  return problems;
}

type Users = import('../storage/users.ts').UserStore;
type Documents = import('../storage/documents.ts').DocumentStore;

/** A declared email, username or subject that belongs to another user in the store, or is not the user's own. */
async function takenNames({ declaration }: Config, users: Users): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { username, email, subject }] of declaration.users.entries()) {
    const name = normaliseName(username);
    const address = email === undefined ? undefined : normaliseName(email);
    const own = await users.findByUsername(name);
    const others = {
      username: await users.findByEmail(name),
      email:
        address === undefined
          ? undefined
          : ((await users.findByEmail(address)) ?? (await users.findByUsername(address))),
      subject: subject === undefined ? undefined : await users.find(subject),
    };
    if (own && subject !== undefined && own.id !== subject) {
      const where = `users[${index}].subject`;
      const remedy = 'Remove it, or delete the user first: a subject cannot change.';
      problems.push({ where, problem: 'is not the one that the user has in the store', remedy });
      continue;
    }
    for (const [member, other] of Object.entries(others)) {
      if (!other || other.id === own?.id) continue;
      const remedy = 'Change one of the two: one text must not name two users.';
      problems.push({
        where: `users[${index}].${member}`,
        problem: 'names another user of the store',
        remedy,
      });
    }
  }
  return problems;
}

/** Finds signing keys that were sealed with another master secret. */
async function unreadableKeys(config: Config, documents: Documents): Promise<Problem[]> {
  const { createSecrets } = await import('../secrets/room.ts');
  const { sealedKeysRemedy } = await import('../signing_keys/room.ts');
  const { createSigningKeyrings } = await import('../signing_keys/room.ts');
  const { systemClock: clock } = await import('../clock.ts');
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const keyrings = createSigningKeyrings({
    policy: config.declaration.signing_keys,
    ...{ documents, secrets: createSecrets(config.secrets), clock, log: silent },
    audit: { recordChanges: async (_events, write) => write([]) },
    longestTokenLifetimeMs: () => 0,
  });
  const problem = 'does not open the signing keys of the store';
  try {
    const sealed = await problemOf('CARDEA_SECRET', problem, async () => {
      for (const keyring of keyrings) {
        if ((await keyring.list()).length > 0) await keyring.freshSnapshot();
      }
    });
    return sealed.map((found) => ({ ...found, remedy: sealedKeysRemedy }));
  } finally {
    for (const keyring of keyrings) await keyring.close();
  }
}

async function problemOf(
  where: string,
  problem: string,
  attempt: () => unknown,
): Promise<Problem[]> {
  try {
    await attempt();
    return [];
  } catch (error) {
    if (!(error instanceof CardeaError)) throw error;
    return [{ where, problem, remedy: error.message }];
  }
}
