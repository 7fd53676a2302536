/**
 * Fields of the forms of projects.
 */
import { type OfferedApi, oneApi, scopeOffers } from '../apis/offered_apis.ts';
import { type Field, type Offer, withOffers } from '../parts/fields.ts';

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'text', required: true },
  hint: 'The team, the customer or the system that it stands for.',
};

const api: Field = {
  ...{ name: 'api', label: 'API', as: 'text', required: true, code: true },
  placeholder: 'https://orders.example',
  hint: 'What its keys are for. It cannot be changed later.',
};

const scopes: Field = {
  ...{ name: 'scopes', label: 'Scopes', as: 'lines', placeholder: 'orders:read' },
  hint: 'The most that its keys may have. None: all of the API.',
};

const owner: Field = {
  ...{ name: 'owner_id', label: 'Owner', as: 'text', code: true },
  hint: 'The subject of the user who is responsible for it. Optional.',
};

const members: Field = {
  ...{ name: 'member_ids', label: 'Members', as: 'lines', whenEmpty: [] },
  hint: 'The users who belong to it, by their subjects.',
};

export function fieldsToCreate({
  apis,
  users,
  tier,
}: {
  apis: readonly OfferedApi[];
  users: readonly Offer[];
  tier: readonly Field[];
}): readonly Field[] {
  return [
    ...[name, oneApi(api, apis, { none: 'Choose an API' })],
    withOffers({ ...scopes, offersFor: 'api' }, scopeOffers(apis)),
    ...[...tier, withOffers(owner, users), withOffers(members, users)],
  ];
}

/** Its API cannot change, so the scopes are those of that one. */
export function fieldsToEdit({
  ofApi,
  users,
  tier,
}: {
  ofApi: OfferedApi | undefined;
  users: readonly Offer[];
  tier: readonly Field[];
}): readonly Field[] {
  const own = ofApi ? scopeOffers([ofApi]) : [];
  return [
    name,
    withOffers(scopes, own),
    ...tier,
    withOffers(owner, users),
    withOffers(members, users),
  ];
}
