/**
 * The pages of refusals: which requests were refused, and why.
 */
import type { z } from 'zod';
import { getRefusal, listRefusals } from '../../admin/room.ts';
import { refusalReasons } from '../../definitions/refusal_reasons.ts';
import { linkTo } from '../links.ts';
import type { ConsolePage } from '../page.ts';
import { capitalized } from '../parts/capitalized.ts';
import { exactTime } from '../parts/exact_time.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';

type Refusal = z.input<(typeof getRefusal)['result']>;

const section = 'refusals';
const path = '/refusals';

export function refusalPath(reference: string): string {
  return `${path}/${encodeURIComponent(reference)}`;
}

const names = [...new Set(refusalReasons.map(({ name }) => name))].sort();

const list = listPage<Refusal>({
  ...{ section, path, title: 'Refusals', operation: listRefusals },
  intro: 'Requests that were refused in the last three days, newest first.',
  filters: [
    { name: 'client_id', label: 'Client ID' },
    {
      ...{ name: 'reason', label: 'Reason' },
      options: names.map((name) => ({ value: name, label: inWords(name) })),
    },
  ],
  columns: [
    { label: 'Reason', value: ({ reason }) => show.text(inWords(reason)) },
    { label: 'When', value: ({ at }) => show.time(at) },
    { label: 'Client', value: ({ client_id: id }) => show.code(id) },
    { label: 'Endpoint', value: ({ route }) => show.text(route) },
    { label: 'Status', value: ({ status }) => show.text(status) },
    { label: 'Reference', value: ({ reference }) => show.code(reference) },
  ],
  hrefOf: ({ reference }) => refusalPath(reference),
  empty: {
    title: 'Nothing was refused',
    text: 'When a request is refused, the error page and the response name a reference. Look it up here, or in the search.',
  },
});

const object = objectPage<Refusal>({
  ...{ section, path: `${path}/:reference`, read: getRefusal },
  ...{ listTitle: 'Refusals', listPath: path },
  titleOf: ({ reason }) => inWords(reason),
  status: ({ status }) => [show.status(String(status), status >= 500 ? 'bad' : 'warning')],
  facts: (refusal, { places }) => [
    { label: 'What it means', value: show.text(plain(refusal.means)) },
    { label: 'What to do', value: show.text(plain(refusal.advice)) },
    { label: 'When', value: show.text(exactTime(refusal.at)) },
    {
      label: 'Client',
      value:
        linkTo('client', refusal.client_id, places) ?? show.code(refusal.client_id, { copy: true }),
    },
    { label: 'Endpoint', value: show.text(refusal.route) },
    { label: 'Reason', value: show.code(refusal.reason), hint: 'Its stable name.' },
    { label: 'Reference', value: show.code(refusal.reference, { copy: true }) },
  ],
  actions: () => [],
  sections: async ({ details }) => [
    {
      ...{ title: 'Details', empty: 'Nothing more is known.' },
      facts: Object.entries(details).map(([name, value]) => ({
        ...{ label: inWords(name), value: show.code(detailText(value)) },
      })),
    },
  ],
});

/** `client_disabled`: Client disabled. */
function inWords(name: string): string {
  return capitalized(name.replaceAll('_', ' '));
}

/** Texts of reasons are Markdown; here they stand as they are. */
function plain(text: string | undefined): string | undefined {
  return text?.replaceAll('`', '');
}

function detailText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export const refusalPages: readonly ConsolePage[] = [list, object];
