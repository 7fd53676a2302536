/**
 * Fields of the forms of users.
 */
import { passwordLength } from '../../definitions/lengths.ts';
import type { Field } from '../parts/fields.ts';

const username: Field = {
  ...{ name: 'username', label: 'Username', as: 'text', required: true, code: true },
};

const email: Field = {
  ...{ name: 'email', label: 'Email', as: 'text', code: true },
  hint: 'People can sign in with it as well. Optional.',
};

const emailVerified: Field = {
  ...{ name: 'email_verified', label: 'The email is known to be theirs', as: 'switch' },
};

const groups: Field = {
  ...{ name: 'groups', label: 'Groups', as: 'lines', whenEmpty: [] },
  hint: 'One in each line.',
};

const roles: Field = {
  ...{ name: 'roles', label: 'Roles', as: 'lines', whenEmpty: [] },
  hint: 'For apps, in the claim roles; one in each line. They give no rights in this console.',
};

const claims: Field = {
  ...{ name: 'claims', label: 'Claims', as: 'json', whenEmpty: {} },
  hint: 'A JSON object: what apps may learn of the person, by the scopes that release it.',
  placeholder: '{ "given_name": "Ada", "locale": "en" }',
};

export const password: Field = {
  ...{ name: 'password', label: 'Password', as: 'password' },
  hint: `At least ${passwordLength.alone} characters, ${passwordLength.min} beside a second factor. It is not shown again: where this form comes back, type it anew.`,
};

const subject: Field = {
  ...{ name: 'subject', label: 'Subject', as: 'text', code: true },
  hint: 'What apps know the person by, for good. Leave it empty to get a random one.',
};

/** What a person belongs to, however the account is made. */
export const membershipFields: readonly Field[] = [groups, roles];

const content = [username, email, emailVerified, ...membershipFields, claims];

export const fieldsToCreate: readonly Field[] = [
  ...content,
  {
    ...password,
    hint: `${password.hint} Without one the person cannot sign in with a password.`,
  },
  subject,
];

export const fieldsToEdit: readonly Field[] = content;
