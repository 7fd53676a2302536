/**
 * The catalogue of events as boxes to check, in groups of what they are about.
 */
import { auditEventCatalogue, isEventMeant } from '../../definitions/events.ts';
import { capitalized } from '../parts/capitalized.ts';
import type { FieldOption } from '../parts/fields.ts';

/** In their order; `of`: what is before the dot in the types of its events. */
const groups: readonly { title: string; of: readonly string[] }[] = [
  { title: 'API keys', of: ['api_key'] },
  { title: 'Sign-in, sign-out and consent', of: ['sign_in', 'sign_out', 'consent'] },
  { title: 'Tokens', of: ['token', 'refresh_token', 'authorization_code'] },
  { title: 'Revocations', of: ['revocation'] },
  { title: 'Users', of: ['user'] },
  { title: 'Groups', of: ['group'] },
  { title: 'Clients', of: ['client'] },
  { title: 'APIs', of: ['api'] },
  { title: 'Projects', of: ['project'] },
  { title: 'Signing keys', of: ['signing_key'] },
  { title: 'Operators and settings', of: ['operator', 'admin', 'settings'] },
  { title: 'Webhooks', of: ['webhook'] },
];

const others = 'Others';

/** All of a kind, also those of later versions, where there are several; then each. */
export const eventChoices: readonly FieldOption[] = [
  ...groups,
  { title: others, of: kindsWithoutGroup() },
].flatMap(({ title, of }) => of.flatMap((kind) => choicesOf(kind, title)));

function choicesOf(kind: string, group: string): FieldOption[] {
  const events = auditEventCatalogue.filter(({ type }) => kindOf(type) === kind);
  const all = `${kind}.*`;
  const isSeveral = events.filter(({ type }) => isEventMeant(all, type)).length > 1;
  return [
    ...(isSeveral
      ? [{ group, value: all, label: all, hint: 'All of these, and those of later versions.' }]
      : []),
    ...events.map(({ type, when }) => ({
      ...{ group, value: type, label: type, hint: sentence(when) },
    })),
  ];
}

function kindsWithoutGroup(): string[] {
  const known = new Set(groups.flatMap(({ of }) => of));
  const kinds = new Set(auditEventCatalogue.map(({ type }) => kindOf(type)));
  return [...kinds].filter((kind) => !known.has(kind));
}

function kindOf(type: string): string {
  return type.split('.', 1)[0] ?? type;
}

/** The catalogue is Markdown. */
function sentence(when: string): string {
  return `${capitalized(when.replaceAll('`', ''))}.`;
}
