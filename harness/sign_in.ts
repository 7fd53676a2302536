/**
 * What a person does in the browser between an authorization request and its answer: signs in where asked,
 * decides where asked, lets forms that send themselves go.
 */
import { formsOf, type Page, type UserAgent } from './user_agent.ts';

export type Person = { username: string; password: string };

export type Choices = {
  person?: Person;
  /** The optional scopes to grant at consent; absent: those that the page offers as checked. */
  scopes?: string[];
  deny?: boolean;
  /** Whether to stay signed in when the browser is closed. */
  stay?: boolean;
};

export const alice: Person = { username: 'alice', password: 'wonderland-and-back' };
export const bob: Person = { username: 'bob', password: 'builder-of-bridges' };

/** Both of them as the declarative file has them. */
export const people = [
  {
    ...alice,
    email: 'alice@example.com',
    email_verified: true,
    claims: { name: 'Alice Adams', given_name: 'Alice', family_name: 'Adams' },
  },
  { ...bob, email: 'bob@example.com', claims: { name: 'Bob Brown' } },
];

const longestWalk = 10;

/**
 * Opens an authorization request and does what each page asks, until the browser is sent to the client.
 * Answers the URL at the client; of a form_post response, that URL with the posted fields as its query.
 */
export async function walkToClient(
  agent: UserAgent,
  request: string | URL,
  redirectUri: string,
  choices: Choices = {},
): Promise<URL> {
  let page = await agent.open(String(request), { stopAt: redirectUri });
  for (let step = 0; step < longestWalk; step += 1) {
    if (page.url.startsWith(redirectUri)) return new URL(page.url);
    const posted = formsOf(page.html).find(({ action }) => action.startsWith(redirectUri));
    if (posted) {
      const url = new URL(redirectUri);
      for (const [name, value] of posted.fields) url.searchParams.append(name, value);
      return url;
    }
    page = await answerPage(agent, page, redirectUri, choices);
  }
  throw new Error(`the sign-in goes in circles at ${page.url}`);
}

/** Does what one page asks. */
export function answerPage(
  agent: UserAgent,
  page: Page,
  stopAt: string,
  { person = alice, scopes, deny = false, stay = false }: Choices = {},
): Promise<Page> {
  const asks = (action: RegExp) => formsOf(page.html).some((form) => action.test(form.action));
  if (page.status >= 400) throw new Error(`${page.status} at ${page.url}:\n${textOf(page)}`);
  if (asks(/\/sign-in$/)) {
    const fields = { ...person, ...(stay && { stay: 'yes' }) };
    return agent.submit(page, { action: /\/sign-in$/, fields, stopAt });
  }
  if (asks(/\/consent$/)) {
    if (deny) return agent.submit(page, { action: /\/cancel$/, stopAt });
    const fields = scopes && { scope: scopes };
    return agent.submit(page, { action: /\/consent$/, stopAt, ...(fields && { fields }) });
  }
  const [form, ...others] = formsOf(page.html);
  if (form && others.length === 0) return agent.submit(page, { action: /./, stopAt });
  throw new Error(`nothing to do at ${page.url}:\n${textOf(page)}`);
}

function textOf({ html }: Page): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}
