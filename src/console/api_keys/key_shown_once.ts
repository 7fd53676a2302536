/**
 * A new key, in the one response that has it, with the requests that use it.
 */
import type { Fact } from '../parts/object_page.ts';
import { secretView } from '../parts/secret_view.ts';
import { show } from '../parts/values.ts';
import { firstRequests } from './first_requests.ts';
import { apiKeyPath, trailTo } from './paths.ts';
import type { ApiKey } from './shown_key.ts';

export function keyShownOnce(
  made: ApiKey & { key: string },
  { title, issuer, facts = [] }: { title: string; issuer: string; facts?: readonly Fact[] },
) {
  return {
    ...{ title, trail: trailTo(made), template: 'secret' },
    data: secretView({
      secret: { label: 'API key', value: made.key },
      facts: [
        { label: 'API', value: show.code(made.api) },
        { label: 'Scopes', value: show.tags(made.scopes) },
        {
          label: 'Expires',
          value: made.expires_at ? show.time(made.expires_at) : show.text('Never'),
        },
        ...facts,
      ],
      steps: firstRequests({ issuer, api: made.api, key: made.key }),
      next: { label: 'Go to the key', href: apiKeyPath(made.id) },
    }),
  };
}
