/**
 * Setting up a passkey, by whoever has just signed in with all that they have: it is worth more than a password.
 */
import { hasSecondFactor, tookSeveralFactors } from '../../../authentication/room.ts';
import { fill } from '../../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../../page.ts';
import { nameOfPasskey, ownerOf, ownPasskeys, passkeysPath } from './own_passkeys.ts';

const path = `${passkeysPath}/new` as const;
const common = { path, section: 'ways', needsFreshSignIn: true } as const;

/** Of this person, in this session. */
const purposeOf = ({ visit, person }: AccountRequest) =>
  `add in ${visit.session.id} for ${person.id}`;

function show(request: AccountRequest, error?: string): AccountAnswer {
  const { services, link } = request;
  const owner = ownerOf(request);
  const passkeys = ownPasskeys(request);
  return {
    page: 'account/new_passkey',
    data: {
      ...{ action: link(path), cancelPath: link('/ways'), error },
      ceremony: services.passkeys.creation(purposeOf(request), owner, { passkeys }),
    },
    ...(error !== undefined && { status: 400 }),
  };
}

export const newPasskeyPages: readonly AccountPage[] = [
  {
    ...{ ...common, method: 'GET', name: 'ways.passkey.new' },
    async handle(request) {
      if (!request.services.passkeys.isPossible) throw notThere();
      return show(request);
    },
  },
  {
    ...{ ...common, method: 'POST', name: 'ways.passkey.add', hasSecrets: true },
    async handle(request) {
      const { services, person, visit, form, by, t } = request;
      const registered = await services.passkeys.add(form.get('credential') ?? '', {
        ...{ purpose: purposeOf(request), userId: person.id, by },
        // A second factor that was set up meanwhile has to be proven first.
        mayAdd: (record) => !hasSecondFactor(record) || tookSeveralFactors(visit.session.amr),
      });
      if (!registered.isAdded) {
        if (registered.problem === 'not_allowed') return { signInAgain: true };
        const isFull = registered.problem === 'too_many';
        return show(request, isFull ? t.new_passkey.too_many : t.new_passkey.failed);
      }
      const text = fill(t.new_passkey.saved, { name: nameOfPasskey(registered.passkey, t) });
      return { to: '/ways', flash: { tone: 'good', text } };
    },
  },
];
