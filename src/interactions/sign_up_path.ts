/**
 * Where people make an account on their way to an app.
 */
import { consoleClientId } from '../definitions/built_in.ts';
import type { Client, Restarts } from '../oidc/room.ts';

type Details = Parameters<Restarts['ofInteraction']>[0];

/** Undefined: nobody can make one, or it would be of no use there. */
export type SignUpPathFor = (
  client: Pick<Client, 'clientId'>,
  details: Details,
) => string | undefined;

/** `path`: of the page of new accounts; undefined where people do not register themselves. */
export function createSignUpPaths({
  path,
  restarts,
}: {
  path: string | undefined;
  restarts: Pick<Restarts, 'ofInteraction'>;
}): SignUpPathFor {
  return ({ clientId }, details) => {
    // Operators are made by operators.
    if (path === undefined || clientId === consoleClientId) return undefined;
    // A new account signs in: whoever is signed in in this browser may be somebody else.
    const prompt = promptsOf(details.params.prompt)
      .filter((name) => !['create', 'select_account', 'login'].includes(name))
      .concat('login');
    const params = { ...details.params, prompt: prompt.join(' ') };
    const restart = restarts.ofInteraction({ ...details, params });
    return `${path}?${new URLSearchParams({ restart })}`;
  };
}

function promptsOf(prompt: unknown): string[] {
  return typeof prompt === 'string' ? prompt.split(' ').filter((name) => name !== '') : [];
}
