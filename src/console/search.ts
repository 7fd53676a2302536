/**
 * One search over everything: places by their names, and what sources find. The palette shows the results of this page.
 */
import { findClients } from './clients/found_clients.ts';
import { findRecords } from './found_records.ts';
import type { ConsolePage, ConsoleRequest } from './page.ts';
import { findRefusals } from './refusals/found_refusals.ts';
import { findWebhooks } from './webhooks/found_webhooks.ts';

/** `href`: below `/console`. */
type Found = { label: string; kind: string; hint?: string | undefined; href: string };

/** What a text leads to, by index only; nothing where the person may not see it. */
export type SearchSource = (text: string, request: ConsoleRequest) => Promise<readonly Found[]>;

/** An exact client id also finds what is no record, such as the console itself. */
const sources: readonly SearchSource[] = [findClients, findRecords, findWebhooks, findRefusals];

const longestText = 200;

export const searchPage: ConsolePage = {
  ...{ path: '/search', method: 'GET', name: 'search', section: 'home' },
  async handle(request) {
    const text = (request.query.get('q') ?? '').trim().slice(0, longestText);
    const named = request.places
      .filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()))
      .map(({ label, href, kind }) => ({ label, href, kind: kind === 'do' ? 'Do' : 'Go to' }));
    const found = text ? await Promise.all(sources.map((source) => source(text, request))) : [];
    const all = [...found.flat(), ...named];
    return {
      view: {
        ...{ title: 'Search', template: 'search' },
        data: { text, results: [...new Map(all.map((one) => [one.href, one])).values()] },
      },
    };
  },
};
