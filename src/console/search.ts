/**
 * One search over everything: places by their names, and what sources find. The palette shows the results of this page.
 */
import { findEvents } from './audit/found_events.ts';
import { findClients } from './clients/found_clients.ts';
import { findActions, searchVerbs } from './found_actions.ts';
import { findRecords } from './found_records.ts';
import type { ConsolePage, ConsoleRequest } from './page.ts';
import { findRefusals } from './refusals/found_refusals.ts';
import { inspectCommand, inspectPath } from './tools/pages.ts';
import { findWebhooks } from './webhooks/found_webhooks.ts';

/** `href`: below `/console`. */
type Found = { label: string; kind: string; hint?: string | undefined; href: string };

/** What a text leads to, by index only; nothing where the person may not see it. */
export type SearchSource = (text: string, request: ConsoleRequest) => Promise<readonly Found[]>;

/** An exact client id also finds what is no record, such as the console itself. */
const sources: readonly SearchSource[] = [
  ...[findActions, findClients, findRecords, findWebhooks, findRefusals, findEvents],
];

const longestText = 200;

/**
 * What looks like a token, or like more of an API key than lists show. It belongs in no address, so the script of the
 * console hands it to the inspector; where it came anyway, nothing looks for it.
 */
export const credentialPattern = [
  /^ey[\w-]*\.[\w.-]*$/,
  /^[a-z][a-z0-9]*_(?:live|test)_[0-9A-Za-z]{12,}$/,
  /^[\w-]{43,}$/,
]
  .map(({ source }) => source)
  .join('|');

const looksLikeCredential = new RegExp(credentialPattern);

export const searchPage: ConsolePage = {
  ...{ path: '/search', method: 'GET', name: 'search', section: 'home' },
  async handle(request) {
    const text = (request.query.get('q') ?? '').trim().slice(0, longestText);
    if (looksLikeCredential.test(text)) {
      const results = [{ label: inspectCommand, kind: 'Do', href: inspectPath }];
      const data = { text: '', isCredential: true, results };
      return { view: { ...{ title: 'Search', template: 'search' }, data } };
    }
    const named = request.places
      .filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()))
      .map(({ label, href, kind }) => ({ label, href, kind: kind === 'do' ? 'Do' : 'Go to' }));
    const found = text ? await Promise.all(sources.map((source) => source(text, request))) : [];
    const all = [...found.flat(), ...named];
    return {
      view: {
        ...{ title: 'Search', template: 'search' },
        data: {
          ...{ text, isCredential: false, verbs: searchVerbs },
          // The same record may be found in two ways.
          results: [...new Map(all.map((one) => [`${one.kind} ${one.href}`, one])).values()],
        },
      },
    };
  },
};
