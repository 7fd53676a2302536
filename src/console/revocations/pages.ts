/**
 * Revoke: what and how much it hits, the order itself, and how far it has come.
 */
import {
  createRevocation,
  type Dependents,
  estimateRevocation,
  readRevocationState,
} from '../../admin/room.ts';
import { invalidField } from '../../input_check.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { countText, endingText, isSome } from '../parts/counts.ts';
import { exactTime } from '../parts/exact_time.ts';
import { type Field, memberOf, typedIn } from '../parts/fields.ts';
import { formErrorsOf, noErrors } from '../parts/form_errors.ts';
import { type NamedTarget, revocationKinds, targetIn } from './targets.ts';

const section = 'revoke';
const path = '/revoke';
const toStart = { label: 'Revoke', href: path };

const fields: readonly Field[] = [
  {
    ...{ name: 'kind', label: 'What', as: 'choice' },
    options: revocationKinds.map(({ value, label }) => ({ value, label })),
  },
  {
    ...{ name: 'name', label: 'Which one', as: 'text', code: true },
    hint: 'A username, email address or user ID; the ID of a client, grant, API key or project; the identifier of an API. Leave it empty for everything.',
  },
  {
    ...{ name: 'api_keys', label: 'Of a user: also revoke all their API keys', as: 'switch' },
  },
  {
    ...{ name: 'before', label: 'Of everything: only what was issued before', as: 'text' },
    ...{ code: true, placeholder: '2026-11-30T09:00:00Z' },
    hint: 'Leave it empty for all of it, up to now.',
  },
];

function startView({ query }: ConsoleRequest, errors = noErrors): ConsoleAnswer {
  const hasErrors = errors !== noErrors;
  return {
    view: {
      ...{ title: 'Revoke', template: 'query' },
      data: {
        intro:
          'Stop credentials everywhere: at this server at once, at verifiers that follow the status lists within seconds.',
        ...{ action: `${path}/confirm`, submit: 'See what it hits', isReturning: false },
        others: errors.others,
        fields: fields.map((field) => ({
          ...{ ...field, ...typedIn(field, query), stored: undefined },
          errors: errors.byField.get(memberOf(field)) ?? [],
        })),
      },
    },
    ...(hasErrors && { status: 400 }),
  };
}

const start: ConsolePage = {
  ...{ path, method: 'GET', name: 'revoke', section, operation: createRevocation },
  command: 'Revoke credentials',
  handle: async (request) => startView(request),
};

type Estimated = NamedTarget & { estimate: Dependents };

const [ask, order] = confirmPage({
  ...{ section, path: `${path}/confirm`, name: 'revoke.confirm', operation: createRevocation },
  async read(request) {
    const named = await targetIn(request);
    const { body } = await request.call(estimateRevocation, { body: { target: named.target } });
    return { ...named, estimate: body };
  },
  title(object) {
    const { kind, name } = object as Estimated;
    return kind.value === 'everything'
      ? 'Revoke everything?'
      : `Revoke the ${lowerFirst(kind.label)} ${name}?`;
  },
  trail: () => [toStart],
  consequences(object) {
    const { kind, target, estimate } = object as Estimated;
    return [
      ...kind.ends,
      ...('api_keys' in target ? ['All API keys of this person stop working for good.'] : []),
      ...('before' in target && target.before
        ? [`Only what was issued before ${target.before} ends.`]
        : []),
      ...hits(estimate),
      'This cannot be undone: whoever needs access again has to get new credentials.',
    ];
  },
  typed: (object) => (object as Estimated).name,
  fixed: (object) => ({ target: (object as Estimated).target }),
  ...{ submit: 'Revoke', danger: true },
  done({ body, object }) {
    const { kind, name } = object as Estimated;
    const what = kind.value === 'everything' ? 'Everything' : `${kind.label} ${name}`;
    return revokedAnswer(body, `${what} is revoked.`);
  },
});

/** Leads to the page that shows how far a revocation has come. `body`: the operation's result. */
export function revokedAnswer(body: Record<string, unknown>, text: string): ConsoleAnswer {
  const query = new URLSearchParams({
    ...{ revoked_at: String(body.revoked_at), within: String(body.effective_within) },
  });
  return { to: `${path}/done?${query}`, flash: { tone: 'good', text } };
}

/** What is wrong with the choice is said where it is made. */
const confirm: ConsolePage = {
  ...ask,
  async handle(request) {
    try {
      return await ask.handle(request);
    } catch (error) {
      const errors = formErrorsOf(error, fields) ?? notFoundErrors(error);
      if (!errors) throw error;
      return startView(request, errors);
    }
  },
};

function notFoundErrors(error: unknown) {
  if (!(error instanceof Error && 'status' in error) || error.status !== 404) return undefined;
  return { byField: new Map([['name', [error.message]]]), others: [] };
}

const soon = 3;
/** Longer than any promise. */
const longestWithin = 86_400;

/** The address says when; whether it has arrived is asked of the server. */
const done: ConsolePage = {
  ...{ path: `${path}/done`, method: 'GET', name: 'revoke.done', section },
  operation: readRevocationState,
  async handle({ query, call, now }) {
    const revokedAt = query.get('revoked_at') ?? '';
    const within = Number(query.get('within') ?? Number.NaN);
    if (!(within >= 0 && within <= longestWithin)) {
      throw invalidField(['within'], 'must be a number of seconds');
    }
    const { body: state } = await call(readRevocationState, { query: { revoked_at: revokedAt } });
    const at = Date.parse(revokedAt);
    if (at > now) throw invalidField(['revoked_at'], 'must not be in the future');
    const deadAt = at + within * 1000;
    const isOver = now >= deadAt;
    const { in_status_lists: isListed } = state;
    return {
      view: {
        ...{ title: 'How far it has come', trail: [toStart], template: 'revoked' },
        data: {
          steps: [
            {
              ...{ label: 'Endpoints of this server', isDone: true },
              text: `Refused since ${exactTime(at)}.`,
            },
            {
              ...{ label: 'Status lists', isDone: isListed },
              text: isListed
                ? `In the lists, as of ${exactTime(state.lists_as_of)}.`
                : `Not in the lists yet. They are as of ${exactTime(state.lists_as_of)}.`,
            },
            {
              ...{ label: 'Everywhere', isDone: isOver && isListed },
              text:
                isOver && isListed
                  ? `Dead at every verifier that follows the status lists since ${exactTime(deadAt)}.`
                  : `Dead at every verifier that follows the status lists at ${exactTime(deadAt)}.`,
            },
          ],
          reloadAfter: isOver && isListed ? undefined : soon,
          again: `${path}/done?${query}`,
        },
      },
    };
  },
};

function hits(dependents: Dependents): readonly string[] {
  const { api_keys: keys } = dependents;
  const ending = endingText(dependents);
  return [
    ...(isSome(keys) ? [`It hits ${countText(keys, 'API key')}.`] : []),
    ending
      ? `It hits ${ending}.`
      : 'No JWT access token that it would hit is alive at this moment.',
  ];
}

function lowerFirst(label: string): string {
  return label.startsWith('API') ? label : label.toLowerCase();
}

export const revocationPages: readonly ConsolePage[] = [start, confirm, order, done];
