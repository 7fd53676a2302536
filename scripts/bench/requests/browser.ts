/**
 * As much of a browser as a sign-in takes: it keeps cookies and sends the form of the sign-in page.
 */

import type { Answer, Requester } from '../../../harness/load.ts';
import { user } from '../declaration.ts';

export type Browser = {
  /** Whether it has been here before. */
  hasCookies(): boolean;
  get(path: string): Promise<Answer>;
  /** Sends the form of this page with the person's name and password; `headers` go with it. */
  signIn(page: string, headers?: Record<string, string>): Promise<Answer>;
};

export function createBrowser(requester: Requester, person = user): Browser {
  const cookies = new Map<string, string>();

  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

  const remember = (answer: Answer): Answer => {
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = line.split(';')[0]?.split(/=(.*)/s) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    return answer;
  };

  return {
    hasCookies: () => cookies.size > 0,

    get: async (path) => remember(await requester.get(path, { cookie: cookie() })),

    async signIn(page, headers = {}) {
      const action = /action="([^"]*\/sign-in)"/.exec(page)?.[1] ?? '';
      const csrf = /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';
      const form = String(new URLSearchParams({ ...person, csrf }));
      return remember(await requester.post(action, form, { ...headers, cookie: cookie() }));
    },
  };
}
