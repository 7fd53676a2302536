/**
 * Revoke: what and how much it hits, the order itself, and how far it has come.
 */
import {
  createRevocation,
  type Dependents,
  estimateRevocation,
  readRevocation,
} from '../../admin/room.ts';
import { mayRevoke } from '../../operators/room.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { countText, endingText, isSome } from '../parts/counts.ts';
import { exactTime } from '../parts/exact_time.ts';
import { fieldView } from '../parts/field_view.ts';
import { type Field, typedIn } from '../parts/fields.ts';
import { formErrorsOf, noErrors } from '../parts/form_errors.ts';
import { revocationsPath, statePath, statesPath } from './paths.ts';
import { type NamedTarget, revocationKinds, targetFacts, targetIn } from './targets.ts';

const section = 'revoke';
const path = revocationsPath;
const toStart = { label: 'Revoke', href: path };

const before: Field = {
  ...{ name: 'before', label: 'Of everything: only what was issued before', as: 'text' },
  ...{ code: true, placeholder: '2026-11-30T09:00:00Z' },
  hint: 'Leave it empty for all of it, up to now.',
};

/** Of the kinds, those that this person may revoke. */
const fieldsFor = ({ caller }: Pick<ConsoleRequest, 'caller'>): readonly Field[] => [
  {
    ...{ name: 'kind', label: 'What', as: 'choice' },
    options: revocationKinds
      .filter(({ value }) => mayRevoke(caller, value).allowed)
      .map(({ value, label }) => ({ value, label })),
  },
  {
    ...{ name: 'name', label: 'Which one', as: 'text', code: true },
    hint: 'A username, email address or user ID; the ID of a client, grant, API key or project; the identifier of an API. Leave it empty for everything.',
  },
  {
    ...{ name: 'api_keys', label: 'Of a user: also revoke all their API keys', as: 'switch' },
  },
  ...(mayRevoke(caller, 'everything').allowed ? [before] : []),
];

function startView(request: ConsoleRequest, errors = noErrors): ConsoleAnswer {
  const { query } = request;
  const hasErrors = errors !== noErrors;
  return {
    view: {
      ...{ title: 'Revoke', template: 'query' },
      data: {
        intro:
          'Stop credentials everywhere: at this server at once, at verifiers that follow the status lists within seconds.',
        ...{ action: `${path}/confirm`, submit: 'See what it hits', isReturning: false },
        others: errors.others,
        fields: fieldsFor(request).map((field) =>
          fieldView(field, typedIn(field, query), { errors }),
        ),
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
  const to = statePath(String(body.id));
  return { to, flash: { tone: 'good', text } };
}

/** What is wrong with the choice is said where it is made. */
const confirm: ConsolePage = {
  ...ask,
  async handle(request) {
    try {
      return await ask.handle(request);
    } catch (error) {
      const errors = formErrorsOf(error, fieldsFor(request)) ?? notFoundErrors(error);
      if (!errors) throw error;
      return startView(request, errors);
    }
  },
};

function notFoundErrors(error: unknown) {
  if (!(error instanceof Error && 'status' in error) || error.status !== 404) return undefined;
  return { byField: new Map([['name', [error.message]]]), others: [] };
}

/** Seconds. */
const soon = 3;

/** The address names it; what was revoked, and when, is the server's to say. */
const done: ConsolePage = {
  ...{ path: `${statesPath}/:revocation_id`, method: 'GET', name: 'revoke.done', section },
  operation: readRevocation,
  async handle({ params, call, now, places }) {
    const { body } = await call(readRevocation, { params });
    const { in_status_lists: isListed, lists_as_of: asOf } = body;
    const isOver = now >= Date.parse(body.effective_by) && isListed;
    const [deadAt, listsAsOf] = [exactTime(body.effective_by), exactTime(asOf)];
    return {
      view: {
        ...{ title: 'How far it has come', trail: [toStart], template: 'revoked' },
        data: {
          facts: targetFacts(body.target, places),
          steps: [
            {
              ...{ label: 'Endpoints of this server', isDone: true },
              text: `Refused since ${exactTime(body.revoked_at)}.`,
            },
            {
              ...{ label: 'Status lists', isDone: isListed },
              text: isListed
                ? `In the lists, as of ${listsAsOf}.`
                : `Not in the lists yet. They are as of ${listsAsOf}.`,
            },
          ],
          verdict: `Dead at every verifier that follows the status lists ${isOver ? 'since' : 'at'} ${deadAt}.`,
          reloadAfter: isOver ? undefined : soon,
          again: statePath(body.id),
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
