/**
 * A person's browser without a screen: keeps cookies as a browser would, follows redirects by hand, finds and
 * sends the forms of our pages.
 */
import { parse } from 'parse5';

type Cookie = { name: string; value: string; path: string };
export type PageForm = { action: string; fields: [name: string, value: string][] };
export type Page = { url: string; status: number; html: string; headers: Headers };

export type UserAgent = {
  /** Follows redirects until a page, or until the location starts with `stopAt`: then that URL is answered. */
  open(url: string, options?: { stopAt?: string }): Promise<Page>;
  /** Sends a form of the page, with the given fields changed. */
  submit(
    page: Page,
    options: { action: RegExp; fields?: Record<string, string | string[]>; stopAt?: string },
  ): Promise<Page>;
  cookies(): Cookie[];
  /** Closes the browser: cookies without an end of their own are gone when it is opened again. */
  close(): void;
  /** Puts cookies into the browser, as a neighbouring host could: not those with the prefix `__Host-`. */
  plant(url: string, cookies: Cookie[]): void;
};

/** A redirect leads to where nobody answers, or to a scheme that is an app's own. */
export class Unreachable extends Error {
  readonly url: string;
  /** Of the redirect. */
  readonly status: number;

  constructor(url: string, status: number, options: ErrorOptions) {
    super(`nobody answers at ${url}`, options);
    this.url = url;
    this.status = status;
  }
}

/**
 * `headers`: sent with each request, as a proxy in front would add them. `reach`: where a server listens that goes by
 * another address.
 */
export function createUserAgent({
  headers: always = {},
  reach = (url) => url.href,
}: {
  headers?: Record<string, string>;
  reach?: (url: URL) => string;
} = {}): UserAgent {
  const jar = new Map<string, Cookie & { lasts?: boolean }>();

  const remember = (response: Response, url: URL) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const attribute = (wanted: string) =>
        attributes
          .find((text) => text.toLowerCase().startsWith(`${wanted}=`))
          ?.slice(wanted.length + 1);
      const path = attribute('path') ?? '/';
      const key = `${url.host} ${name} ${path}`;
      const expires = attribute('expires');
      if (value === '' || (expires && Date.parse(expires) < Date.now())) jar.delete(key);
      else jar.set(key, { name, value, path, lasts: expires !== undefined });
    }
  };

  const cookieHeader = (url: URL) =>
    [...jar.entries()]
      .filter(([key, { path }]) => key.startsWith(`${url.host} `) && url.pathname.startsWith(path))
      .map(([, { name, value }]) => `${name}=${value}`)
      .join('; ');

  const follow = async (start: string, init: RequestInit, stopAt?: string): Promise<Page> => {
    let url = new URL(start);
    let request = init;
    let status = 0;
    for (let hop = 0; hop < 15; hop += 1) {
      const headers = {
        accept: 'text/html',
        ...always,
        ...request.headers,
        cookie: cookieHeader(url),
      };
      const response = await fetch(reach(url), { ...request, headers, redirect: 'manual' }).catch(
        (cause) => {
          throw hop === 0 ? cause : new Unreachable(url.href, status, { cause });
        },
      );
      status = response.status;
      remember(response, url);
      const location = response.headers.get('location') ?? refreshOf(response, url);
      if (!location) {
        const html = await response.text();
        return { url: url.href, status: response.status, html, headers: response.headers };
      }
      await response.body?.cancel();
      url = new URL(location, url);
      request = { method: 'GET' };
      if (stopAt && url.href.startsWith(stopAt)) {
        return { url: url.href, status: response.status, html: '', headers: response.headers };
      }
    }
    throw new Error(`too many redirects from ${start}`);
  };

  return {
    open: (url, { stopAt } = {}) => follow(url, { method: 'GET' }, stopAt),
    submit(page, { action, fields = {}, stopAt }) {
      const form = formsOf(page.html).find((candidate) => action.test(candidate.action));
      if (!form) throw new Error(`no form ${action} on ${page.url}:\n${page.html.slice(0, 2000)}`);
      const body = new URLSearchParams(form.fields);
      for (const [name, value] of Object.entries(fields)) {
        body.delete(name);
        for (const each of [value].flat()) body.append(name, each);
      }
      const url = new URL(form.action, page.url);
      const headers = {
        origin: url.origin,
        'content-type': 'application/x-www-form-urlencoded',
      };
      return follow(url.href, { method: 'POST', headers, body: body.toString() }, stopAt);
    },
    cookies: () => [...jar.values()].map(({ name, value, path }) => ({ name, value, path })),
    close() {
      for (const [key, { lasts }] of jar) if (!lasts) jar.delete(key);
    },
    plant(url, cookies) {
      for (const cookie of cookies) {
        if (cookie.name.startsWith('__Host-')) continue;
        jar.set(`${new URL(url).host} ${cookie.name} ${cookie.path}`, cookie);
      }
    },
  };
}

/** Where a page of ours leads on by itself. One that leads to another site is left for the test to look at. */
function refreshOf({ headers }: Response, { href, origin }: URL): string | undefined {
  const [, to] = /^0;url=(.+)$/.exec(headers.get('refresh') ?? '') ?? [];
  return to !== undefined && new URL(to, href).origin === origin ? to : undefined;
}

type Node = {
  tagName?: string;
  attrs?: { name: string; value: string }[];
  childNodes?: Node[];
  /** Of a text. */
  value?: string;
};

const attributeOf = (node: Node, name: string) =>
  node.attrs?.find((attribute) => attribute.name === name)?.value;

const textIn = ({ childNodes = [] }: Node): string =>
  childNodes.map(({ value = '' }) => value).join('');

/** The forms of a page with the fields that a browser would send untouched (checked boxes, hidden fields). */
export function formsOf(html: string): PageForm[] {
  const forms: PageForm[] = [];
  const walk = (node: Node, form?: PageForm) => {
    let current = form;
    if (node.tagName === 'form') {
      current = { action: attributeOf(node, 'action') ?? '', fields: [] };
      forms.push(current);
    }
    const name = attributeOf(node, 'name');
    const type = attributeOf(node, 'type');
    const isChoice = type === 'checkbox' || type === 'radio';
    const sent = !isChoice || attributeOf(node, 'checked') !== undefined;
    if (node.tagName === 'input' && current && name && sent && type !== 'submit') {
      current.fields.push([name, attributeOf(node, 'value') ?? '']);
    }
    if (node.tagName === 'textarea' && current && name) current.fields.push([name, textIn(node)]);
    if (node.tagName === 'select' && current && name) {
      const options = (node.childNodes ?? []).filter(({ tagName }) => tagName === 'option');
      const chosen = options.find((option) => attributeOf(option, 'selected') !== undefined);
      const value = attributeOf(chosen ?? options[0] ?? node, 'value');
      if (value !== undefined) current.fields.push([name, value]);
    }
    for (const child of node.childNodes ?? []) walk(child, current);
  };
  walk(parse(html) as unknown as Node);
  return forms;
}
