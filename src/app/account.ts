/**
 * The account pages of a server.
 */
import { type AccountRoutes, createAccountRoom, createEmailChanges } from '../account/room.ts';
import { createRequirements } from '../authentication/room.ts';
import { emailLinksPath } from '../definitions/built_in.ts';
import { createAccountBudget } from '../rate_limits/room.ts';
import { declaredPasswords } from './declared_passwords.ts';
import type { Made } from './made.ts';
import { createTellByMail, localeOf } from './mail/account_notices.ts';
import { createServerPasskeys } from './passkeys.ts';
import type { Protocol } from './protocol.ts';
import { createServerThrottle } from './sign_in_throttle.ts';
import type { Start } from './start.ts';

/** Undefined where the operator has no account pages. */
export async function createServerAccount(
  { config, basePath, services, clock, log }: Start,
  { known, keys, pages, providers }: Made,
  { oidc, readOpaque }: Pick<Protocol, 'oidc' | 'readOpaque'>,
): Promise<AccountRoutes | undefined> {
  const { issuer, declaration } = config;
  if (!declaration.account.enabled) return undefined;
  const { store, secrets, apis, scopes, places, settings, audit } = services;
  const requirements = createRequirements({ policy: declaration.sign_in });
  const anyRequest = { client: undefined, apis: [], essential: [], values: [], voluntary: [] };
  const users = await services.users();
  const { mail, oneTimeLinks: links } = services;
  const emailChanges =
    mail && declaration.account.change_email
      ? createEmailChanges({
          ...{ users, links, mail, issuer, clock, path: emailLinksPath },
          isManaged: ({ username }) => places.placeOf('user', username) !== undefined,
          languageOf: localeOf,
        })
      : undefined;
  const room = createAccountRoom({
    ...{ issuer, basePath, secrets, artifacts: store.artifacts, readOpaque, clock },
    services: {
      ...{ issuer, store, apis, scopes, places, audit, findClient: known.findClient },
      ...(await services.switches()),
      policy: declaration.account,
      keyPolicy: declaration.api_keys,
      ...{ users, emailChanges },
      authentication: await services.authentication(),
      lostFactors: await services.lostFactors(),
      providers: providers.identityProviders,
      providerCookie: providers.providerCookie,
      passkeys: await createServerPasskeys({ config, services, clock, log }),
      requiredLevel: (roles) => requirements.of(anyRequest, roles).required,
      apiKeys: await services.apiKeys(),
      isOperator: async (userId) => (await known.operators.find(userId)) !== undefined,
      isPasswordDeclared: declaredPasswords(declaration),
      throttle: createServerThrottle({ config, services, clock }),
      budget: createAccountBudget({
        ...{ counters: store.counters, policy: declaration.strangers, clock },
        ...{ key: secrets.derive('changes per account'), purpose: 'changes' },
      }),
      tell: createTellByMail({ mail, issuer, log }),
    },
    arePrincipalsActive: keys.arePrincipalsActive,
    tokenEndpoint: oidc.routes.programs.token,
    catchUp: known.watch.catchUp,
    renderer: pages.renderer,
    brand: () => settings.effective().pages.name,
  });
  return room.routes;
}
