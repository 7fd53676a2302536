/**
 * Fields of the forms of projects.
 */
import type { Field } from '../parts/fields.ts';

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'text', required: true },
  hint: 'The team, the customer or the system that it stands for.',
};

const api: Field = {
  ...{ name: 'api', label: 'API', as: 'text', required: true, code: true },
  placeholder: 'https://orders.example',
  hint: 'The identifier of the API that its keys are for. It cannot be changed later.',
};

const scopes: Field = {
  ...{ name: 'scopes', label: 'Scopes', as: 'lines', placeholder: 'orders:read' },
  hint: 'The most that its keys may have, one in each line. Empty: all of the API.',
};

const tier: Field = {
  ...{ name: 'tier', label: 'Tier', as: 'text', code: true },
  hint: 'The limits of its keys. Empty: the default tier.',
};

const owner: Field = {
  ...{ name: 'owner_id', label: 'Owner', as: 'text', code: true },
  hint: 'The subject of the user who is responsible for it. Optional.',
};

const members: Field = {
  ...{ name: 'member_ids', label: 'Members', as: 'lines', whenEmpty: [] },
  hint: 'Subjects of users, one in each line.',
};

export const fieldsToEdit: readonly Field[] = [name, scopes, tier, owner, members];

export const fieldsToCreate: readonly Field[] = [name, api, scopes, tier, owner, members];
