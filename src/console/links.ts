/**
 * From what an event or a refusal names to its page, where the person may go there.
 */
import { lookPath } from './look/paths.ts';
import type { Place } from './page.ts';
import { show, type Value } from './parts/values.ts';

/** By the kind of an audit event's target or actor: where objects of the kind are listed. */
const listOf: Readonly<Record<string, string>> = {
  ...{ user: '/users', client: '/clients', api: '/apis', group: '/groups' },
  ...{ project: '/projects', api_key: '/api-keys', webhook: '/webhooks', operator: '/operators' },
  ...{ mail: '/mails', tier: '/tiers', identity_provider: '/identity-providers' },
  invitation: '/invitations',
};

/** `text`: of the link. Undefined: there is no such page, or this person may not open it. */
export function linkTo(
  kind: string,
  id: string | undefined,
  places: readonly Place[],
  text = id,
): Value | undefined {
  if (kind === 'settings' && places.some(({ href }) => href === lookPath)) {
    return show.link('settings', lookPath);
  }
  const list = listOf[kind];
  if (!id || !text || !list || !places.some(({ href }) => href === list)) return undefined;
  return show.link(text, `${list}/${encodeURIComponent(id)}`);
}

/** A link for whoever may follow it. */
export function linkWhere(isOpen: boolean, text: string, href: string): Value {
  return isOpen ? show.link(text, href) : show.nothing;
}

/** `user:<id>`, `client:<id>`, `api_key:<id>`; or somebody without a page. `name`: where it is known. */
export function actorValue(actor: string, places: readonly Place[], name?: string): Value {
  const [kind = '', ...rest] = actor.split(':');
  return linkTo(kind, rest.join(':'), places, name) ?? show.code(actor);
}
