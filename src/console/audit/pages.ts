/**
 * The audit log: what happened, who did it, and what it changed.
 */
import type { z } from 'zod';
import { listAuditEvents } from '../../admin/room.ts';
import { auditEventTypes } from '../../definitions/events.ts';
import { actorValue, linkTo } from '../links.ts';
import type { ConsolePage, Place } from '../page.ts';
import { capitalized } from '../parts/capitalized.ts';
import { exactTime } from '../parts/exact_time.ts';
import { chosenFilters, type Filter } from '../parts/filters.ts';
import { formErrorsOf } from '../parts/form_errors.ts';
import type { Fact } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { differencesOf } from './differences.ts';
import { instantOf } from './instants.ts';
import { auditPath } from './paths.ts';

type Event = z.input<(typeof listAuditEvents)['result']>['items'][number];

const section = 'audit';
const path = auditPath;

const targetKinds = [
  ...['api', 'api_key', 'client', 'grant', 'group', 'mail', 'operator', 'project', 'session'],
  ...['settings', 'signing_key', 'tier', 'token', 'user', 'webhook'],
];

const filters: readonly Filter[] = [
  {
    ...{ name: 'type', label: 'Type' },
    options: [...auditEventTypes].sort().map((type) => ({ value: type, label: type })),
  },
  { name: 'user_id', label: 'User ID' },
  { name: 'client_id', label: 'Client ID' },
  { name: 'actor', label: 'Actor' },
  {
    ...{ name: 'target_kind', label: 'Target', needs: 'target_id' },
    options: targetKinds.map((kind) => ({ value: kind, label: words(kind) })),
  },
  { name: 'target_id', label: 'Target ID' },
  { name: 'request_id', label: 'Request ID' },
  { name: 'from', label: 'From', example: '2026-11-30 09:00' },
  { name: 'before', label: 'Before', example: '2026-11-30 17:00' },
];

const halfTarget =
  'Choose the kind of the target and give its ID: one says nothing without the other.';

const list: ConsolePage = {
  ...{ path, method: 'GET', name: 'audit.list', section, operation: listAuditEvents },
  async handle({ query, call, places }) {
    const { chosen, place, view: filtersView } = chosenFilters(filters, query, path);
    const after = query.get('after') || undefined;
    const isInstant = (name: string) => name === 'from' || name === 'before';
    const asked = chosen.map(([name, value]) => [name, isInstant(name) ? instantOf(value) : value]);
    const data = { ...filtersView, first: after && place({}) };
    const view = (more: object) => ({
      ...{ title: 'Audit log', template: 'audit', data: { ...data, ...more } },
    });
    const ofTarget = chosen.filter(([name]) => name.startsWith('target_')).length;
    if (ofTarget === 1) return { view: view({ problems: [halfTarget], events: [] }), status: 400 };
    try {
      const { body } = await call(listAuditEvents, {
        query: { ...Object.fromEntries(asked), ...(after && { after }) },
      });
      return {
        view: view({
          ...{ problems: [], events: body.items.map((event) => shownEvent(event, places)) },
          next: body.next === null ? undefined : place({ after: body.next }),
        }),
      };
    } catch (error) {
      const errors = formErrorsOf(error, []);
      if (!errors) throw error;
      return { view: view({ problems: errors.others, events: [] }), status: 400 };
    }
  },
};

function shownEvent(event: Event, places: readonly Place[]) {
  const { type, outcome, target, details = {} } = event;
  const user = event.user_id;
  const facts: (Fact | false | undefined | '')[] = [
    { label: 'When', value: show.text(exactTime(event.at)) },
    event.last_at && { label: 'Until', value: show.text(exactTime(event.last_at)) },
    event.actor && { label: 'Actor', value: actorValue(event.actor, places) },
    event.on_behalf_of && {
      ...{ label: 'On behalf of', value: actorValue(event.on_behalf_of, places) },
    },
    target && {
      label: `Target (${words(target.kind)})`,
      value: linkTo(target.kind, target.id, places) ?? show.code(target.id),
    },
    user && { label: 'User', value: linkTo('user', user, places) ?? show.code(user) },
    event.client_id && {
      label: 'Client',
      value: linkTo('client', event.client_id, places) ?? show.code(event.client_id),
    },
    event.reason && { label: 'Reason', value: show.text(event.reason) },
    event.ip && { label: 'Address', value: show.code(event.ip) },
    event.request_id && {
      label: 'Request',
      value: show.link(
        event.request_id,
        `${path}?${new URLSearchParams({ request_id: event.request_id })}`,
      ),
    },
    ...Object.entries(details).map(([name, value]) => ({
      label: words(name),
      value: show.code(typeof value === 'string' ? value : JSON.stringify(value)),
    })),
    event.link && { label: 'Number in its chain', value: show.text(event.link.number) },
  ];
  return {
    ...{ type, at: event.at, count: event.count, facts: facts.filter(Boolean) },
    outcome: outcome === 'failure' ? show.status('Failed', 'bad') : undefined,
    subject: target ? `${words(target.kind)} ${target.id}` : (event.client_id ?? user ?? ''),
    actor: event.actor,
    differences: differencesOf(event.before, event.after),
  };
}

function words(name: string): string {
  return capitalized(name.replaceAll('_', ' ').replace(/^api\b/, 'API'));
}

export const auditPages: readonly ConsolePage[] = [list];
