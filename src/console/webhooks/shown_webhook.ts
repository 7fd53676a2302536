/**
 * A webhook in words: what it is sent, what it has not got and why, and who changed it.
 */
import type { z } from 'zod';
import {
  type getWebhook,
  getWebhookYaml,
  listAuditEvents,
  listWebhookDeliveries,
} from '../../admin/room.ts';
import { noticeTypes } from '../../definitions/events.ts';
import type { ConsoleRequest } from '../page.ts';
import { eventsSection } from '../parts/events_section.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { managers } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { failureText } from './failures.ts';
import { toWebhooks, webhookPath } from './paths.ts';

export type Webhook = z.input<(typeof getWebhook)['result']>;
type Asked = Pick<ConsoleRequest, 'call' | 'may'>;

const mostShown = '20';

/** The rest of the URL may be a secret, and is on its own page alone. */
export function hostOf({ url }: Pick<Webhook, 'url'>): string {
  return new URL(url).host;
}

export function nameOf(webhook: Webhook): string {
  return webhook.description ?? hostOf(webhook);
}

export function trailTo(webhook: Webhook) {
  return [toWebhooks, { label: nameOf(webhook), href: webhookPath(webhook.id) }];
}

export function isOfFile({ managed_by: manager }: Webhook): boolean {
  return manager === 'file';
}

export function noticeOf(webhook: Webhook): string | undefined {
  if (!isOfFile(webhook)) return undefined;
  const place = webhook.managed_at ? `, at ${webhook.managed_at}` : '';
  return `The declarative file names this webhook${place}. Change it there, its secret included. A test can be sent from here.`;
}

export function eventsText({ events }: Webhook): string {
  if (!events) return 'What somebody should look at';
  return events.length <= 2 ? events.join(', ') : `${events.length} kinds of events`;
}

export function factsOf(webhook: Webhook): readonly Fact[] {
  const { events = noticeTypes } = webhook;
  return [
    { label: 'URL', value: show.code(webhook.url, { copy: true }) },
    { label: 'ID', value: show.code(webhook.id, { copy: true }) },
    {
      ...{ label: 'Events', value: show.tags(events) },
      ...(!webhook.events && { hint: 'The default: what somebody should look at.' }),
    },
    { label: 'Managed by', value: show.text(managers[webhook.managed_by]) },
    { label: 'Created', value: show.time(webhook.created_at) },
    { label: 'Changed', value: show.time(webhook.updated_at) },
    ...(webhook.disabled_at ? [{ label: 'Disabled', value: show.time(webhook.disabled_at) }] : []),
  ];
}

export async function sectionsOf(
  webhook: Webhook,
  request: Asked,
): Promise<readonly ObjectSection[]> {
  const { call, may } = request;
  const params = { webhook_id: webhook.id };
  const target = { target_kind: 'webhook', target_id: webhook.id };
  const events = may(listAuditEvents)
    ? (await call(listAuditEvents, { query: { ...target, limit: '50' } })).body.items
    : undefined;
  const { body: yaml } = await call(getWebhookYaml, { params });
  return [
    await waitingSection(webhook, request),
    ...(may(listAuditEvents) ? [await droppedSection(target, request)] : []),
    ...(isOfFile(webhook) ? [] : [secretsSection(webhook)]),
    ...(events
      ? [eventsSection(events.filter(({ type }) => type !== 'webhook.dropped').slice(0, 10))]
      : []),
    {
      title: 'As YAML',
      text: 'As the declarative file has it. Its secret is not shown: give it by the variable.',
      code: yaml,
    },
  ];
}

async function waitingSection(webhook: Webhook, { call }: Asked): Promise<ObjectSection> {
  const { body } = await call(listWebhookDeliveries, {
    ...{ params: { webhook_id: webhook.id }, query: { limit: mostShown } },
  });
  const rows = body.items.map(({ type, created_at: since, attempts, failure, due_at: next }) => [
    show.code(type),
    failure === undefined ? show.status('Waiting', 'quiet') : show.status('Failing', 'warning'),
    show.time(since),
    show.text(attempts),
    failure === undefined ? show.nothing : show.text(failureText(failure)),
    webhook.enabled ? show.time(next) : show.text('When it is enabled'),
  ]);
  return {
    title: 'Not delivered yet',
    text: `The oldest first${body.next === null ? '' : `, ${mostShown} of more`}. Each is tried again with growing pauses, for a day.`,
    empty: 'Nothing waits for it. What it wanted was delivered, or was given up.',
    table: {
      columns: ['Event', 'State', 'Since', 'Attempts', 'Why', 'Next attempt'],
      rows,
    },
  };
}

async function droppedSection(
  target: { target_kind: string; target_id: string },
  { call }: Asked,
): Promise<ObjectSection> {
  const { body } = await call(listAuditEvents, {
    query: { ...target, type: 'webhook.dropped', limit: mostShown },
  });
  return {
    title: 'Given up',
    text: 'What it did not take for a day, or refused for good. Newest first; the audit log still has the events themselves.',
    empty: 'Nothing was given up.',
    table: {
      columns: ['Event', 'When', 'Attempts', 'Why'],
      rows: body.items.map(({ at, details: { event, attempts, reason } = {} }) => [
        show.code(event),
        show.time(at),
        show.text(attempts),
        show.text(failureText(String(reason))),
      ]),
    },
  };
}

function secretsSection({ secrets }: Webhook): ObjectSection {
  return {
    title: 'Secrets',
    text: 'Each delivery is signed with each of them. They are kept sealed, and shown once.',
    facts: secrets.map(({ created_at: createdAt, expires_at: expiresAt }, index) => ({
      label: index === 0 ? 'Newest' : 'Before it',
      value: [
        show.time(createdAt),
        ...(expiresAt ? [show.status('Ends', 'warning'), show.time(expiresAt)] : []),
      ],
    })),
  };
}
