/**
 * The page with the code for an API: after it was created, and whenever somebody wants it again.
 */

import { createClient, patchApi } from '../../admin/room.ts';
import { newClientFor } from '../clients/paths.ts';
import type { ConsoleRequest } from '../page.ts';
import { type SecretView, secretView } from '../parts/secret_view.ts';
import { show } from '../parts/values.ts';
import { apiPath, toApis } from './paths.ts';
import { type Api, nameOf } from './shown_api.ts';
import { toVerify, verifyingSteps } from './verifying_code.ts';

/** `secret`: of its client, where it was made just now. */
export function readyView(
  api: Api,
  { title, secret, steps = [] }: { title: string; secret?: string; steps?: SecretView['steps'] },
  { issuer, may }: Pick<ConsoleRequest, 'issuer' | 'may'>,
) {
  const { identifier, client_id: client } = api;
  const newClient =
    may(patchApi) && may(createClient)
      ? { label: 'Create the client of this API', href: apiPath(identifier, '/new-client') }
      : undefined;
  return {
    ...{ title, trail: [toApis, { label: nameOf(api), href: apiPath(identifier) }] },
    template: 'secret',
    data: secretView({
      secret: secret && { label: 'Client secret', value: secret },
      facts: [
        { label: 'Identifier', value: show.code(identifier, { copy: true }) },
        { label: 'Issuer', value: show.code(issuer, { copy: true }) },
        ...(client ? [{ label: 'Client ID', value: show.code(client, { copy: true }) }] : []),
      ],
      steps: [
        ...verifyingSteps(toVerify(api), {
          ...{ issuer, newClient },
          client: client
            ? { id: client, secret: secret ?? 'the-secret-of-this-client' }
            : undefined,
        }),
        ...steps,
      ],
      next: { label: 'Go to the API', href: apiPath(identifier) },
    }),
  };
}

/** How somebody gets a token for it. */
export function callerStep(
  { identifier }: Pick<Api, 'identifier'>,
  { may }: Pick<ConsoleRequest, 'may'>,
): SecretView['steps'] {
  if (!may(createClient)) return [];
  return [
    {
      title: 'Let somebody call it',
      text: 'An app or a service names the API and the scopes that it may have. For a first try, make a service: its page has the command that gets a token.',
      more: { label: 'Create a service client for this API', href: newClientFor(identifier) },
    },
  ];
}
