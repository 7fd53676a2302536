/**
 * What an authorization request and those whom it concerns ask of the sign-in.
 */
import type { Client } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { Asked } from '../../authentication/room.ts';
import type { AuthenticationLevel } from '../../definitions/authentication.ts';
import { scopeWords } from '../../tokens/room.ts';

type AcrRequest = { essential?: boolean; value?: unknown; values?: unknown } | null;

/** `params`: the request's; they were checked by then, and `resource` and `acr_values` have their defaults. */
export function askedAuthentication(
  client: Client,
  { resource, claims, acr_values: values }: Record<string, unknown>,
  { apis }: { apis: Pick<ApiRegistry, 'find'> },
): Asked {
  const acr = requestedAcr(claims);
  const named = [acr?.value, acr?.values].flat().filter((one) => typeof one === 'string');
  return {
    client: client.acr as AuthenticationLevel | undefined,
    apis: [resource]
      .flat()
      .map((identifier) =>
        typeof identifier === 'string' ? apis.find(identifier)?.acr : undefined,
      ),
    essential: acr?.essential ? named : [],
    values: scopeWords(values),
    voluntary: acr?.essential ? [] : named,
  };
}

function requestedAcr(claims: unknown): AcrRequest | undefined {
  if (typeof claims !== 'string') return undefined;
  const { id_token: idToken } = JSON.parse(claims) as { id_token?: { acr?: AcrRequest } };
  return idToken?.acr;
}
