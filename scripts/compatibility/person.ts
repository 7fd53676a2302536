/** A person with a browser of their own, who does what the pages of one Cardea ask. */
import { answerPage } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf, type Page, Unreachable } from '../../harness/user_agent.ts';
import type { Person } from './program.ts';

const longestWalk = 12;

const credentials = { username: 'alice', password: 'compatibility' };

/** The person as Cardea's declarative file has them. */
export const declaredPerson = {
  ...credentials,
  email: 'alice@example.com',
  email_verified: true,
  claims: {
    name: 'Alice Adams',
    given_name: 'Alice',
    family_name: 'Adams',
    preferred_username: 'alice',
  },
  groups: ['dev', 'ops'],
  roles: ['admin'],
};

/**
 * `issuer`: whose pages they answer; all other pages are those of programs. `reach`: where a server listens that goes by
 * another address.
 */
export function createPerson(issuer: string, reach?: (url: URL) => string): Person {
  const agent = createUserAgent({ ...(reach && { reach }) });
  const isOfCardea = ({ url }: Page) => url === issuer || url.startsWith(`${issuer}/`);

  const walk = async (opening: Promise<Page>) => {
    try {
      let page = await opening;
      for (let step = 0; step < longestWalk; step += 1) {
        const isAnswered = page.status < 400 && formsOf(page.html).length === 0;
        if (!isOfCardea(page) || isAnswered) {
          return { url: page.url, status: page.status, body: page.html };
        }
        page = await answer(page);
      }
      throw new Error(`the pages go in circles at ${page.url}`);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { url: error.url, status: error.status, body: '' };
    }
  };

  const answer = (page: Page): Promise<Page> =>
    page.html.includes('name="logout"')
      ? agent.submit(page, { action: /./, fields: { logout: 'yes' } })
      : answerPage(agent, page, 'nowhere:', { person: credentials });

  return {
    ...credentials,
    visit: (url) => walk(agent.open(url)),
    submit: (page, action, fields = {}) =>
      walk(agent.submit({ ...page, html: page.body, headers: new Headers() }, { action, fields })),
  };
}
