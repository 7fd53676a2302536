/** People in browsers of their own at one of Cardea's own sites: the console or the account pages. */
import { answerPage, type Person } from '../../harness/sign_in.ts';
import { createUserAgent, type Page, type UserAgent } from '../../harness/user_agent.ts';

export type SiteVisitor = {
  agent: UserAgent;
  /** `path`: below that of the site. */
  open(path: string): Promise<Page>;
  /** Sends the form of the page that its path names, with these fields changed. */
  send(page: Page, path: RegExp, fields?: Record<string, string | string[]>): Promise<Page>;
};

/** `site`: the path of the site, `/console`. */
export function visitorsOf(site: string) {
  /** Does what the pages ask until one of the site is there. */
  async function signIn(agent: UserAgent, begun: Page, person: Person): Promise<Page> {
    let page = begun;
    while (!new URL(page.url).pathname.includes(site)) {
      page = await answerPage(agent, page, 'nowhere:', { person });
    }
    return page;
  }

  /** Signed in to the site where `person` is given. */
  async function createVisitor(
    issuer: string,
    person?: Person,
    options?: Parameters<typeof createUserAgent>[0],
  ): Promise<SiteVisitor> {
    const agent = createUserAgent(options);
    const open = (path: string) => agent.open(`${issuer}${site}${path}`);
    if (person) await signIn(agent, await open(''), person);
    return {
      ...{ agent, open },
      send: (page, action, fields = {}) => agent.submit(page, { action, fields }),
    };
  }

  return { signIn, createVisitor };
}
