/**
 * Setting up an authenticator app, or another one in the place of one. Nothing is kept until the app has shown that it has
 * the secret, which travels in the form, sealed. Whoever sets up the first one gets recovery codes with it.
 */
import { hasSecondFactor } from '../../../authentication/room.ts';
import { CardeaError } from '../../../errors.ts';
import { qrCode } from '../../../pages/qr_code.ts';
import type { AccountAnswer, AccountPage, AccountRequest } from '../../page.ts';
import { showNewCodes } from '../recovery_codes/shown_codes.ts';
import { appsPath, nameOfApp, ownApp } from './own_apps.ts';

const path = `${appsPath}/new` as const;
const longestName = 100;
const common = { path, section: 'ways', needsFreshSignIn: true } as const;

/** The one that the new app takes the place of. Throws `not_found`. */
function replaced(request: AccountRequest) {
  const id = request.query.get('replaces');
  return id === null ? undefined : ownApp(id, request);
}

function pathFor(request: AccountRequest): string {
  const id = replaced(request)?.id;
  return request.link(id === undefined ? path : `${path}?${new URLSearchParams({ replaces: id })}`);
}

function show(request: AccountRequest, sealed: string, error?: string): AccountAnswer {
  const { person, services, form, t, link } = request;
  const issuer = new URL(services.issuer).host;
  const owner = { id: person.id, issuer, label: person.username };
  const { typed, uri } = services.authentication.totps.show(owner, sealed);
  const old = replaced(request);
  return {
    page: 'account/new_authenticator_app',
    data: {
      ...{ action: pathFor(request), cancelPath: link('/ways'), hidden: { sealed } },
      ...{ secret: typed, uri, qr: qrCode(uri), error },
      name: {
        ...{ name: 'name', label: t.new_authenticator_app.name },
        value: (form.get('name') ?? old?.name ?? '').slice(0, longestName),
      },
      replaces: old && nameOfApp(old, t),
    },
    ...(error !== undefined && { status: 400 }),
  };
}

async function confirm(request: AccountRequest, sealed: string): Promise<AccountAnswer> {
  const { person, services, by, form, t, owned, tell } = request;
  const { totps } = services.authentication;
  const old = replaced(request);
  const outcome = await totps.confirm(
    { id: person.id, by },
    {
      ...{
        sealed,
        replaces: old?.id,
        isFirst: !hasSecondFactor(owned),
        code: form.get('code') ?? '',
      },
      name: (form.get('name') ?? '').trim().slice(0, longestName),
    },
  );
  if (outcome === 'wrong') return show(request, sealed, t.new_authenticator_app.wrong_code);
  // Whoever has one by now proves it first.
  if (outcome === 'late') return { signInAgain: true };
  await tell({ act: old ? 'authenticator_replaced' : 'authenticator_added' });
  const hasCodes = (owned?.recoveryCodes?.hashes.length ?? 0) > 0;
  if (!hasCodes) return showNewCodes(request);
  const text = old ? t.new_authenticator_app.replaced : t.new_authenticator_app.saved;
  return { to: '/ways', flash: { tone: 'good', text } };
}

export const newAppPages: readonly AccountPage[] = [
  {
    ...{ ...common, method: 'GET', name: 'ways.authenticator_app.new' },
    async handle(request) {
      const { services, person } = request;
      return show(request, services.authentication.totps.begin(person.id));
    },
  },
  {
    ...{ ...common, method: 'POST', name: 'ways.authenticator_app.add', hasSecrets: true },
    async handle(request) {
      const { form, person, services, t } = request;
      try {
        return await confirm(request, form.get('sealed') ?? '');
      } catch (error) {
        if (!(error instanceof CardeaError)) throw error;
        const { totps } = services.authentication;
        // Of a form that was changed, or is older than the master secret.
        if (error.code === 'cannot_unseal') {
          return show(request, totps.begin(person.id), t.new_authenticator_app.stale);
        }
        if (error.code !== 'too_many_authenticators') throw error;
        return { to: '/ways', flash: { tone: 'warning', text: t.new_authenticator_app.too_many } };
      }
    },
  },
];
