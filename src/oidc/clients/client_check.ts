/**
 * Checks a client's metadata as the protocol engine will, before it is stored: what the engine would refuse
 * at the client's first request is refused while somebody is there to mend it.
 */
import { errors, type Provider } from 'oidc-provider';
import { ConfigError, type Problem } from '../../config/problems.ts';
import type { ClientDeclaration } from '../../config/schema/declaration.ts';
import { CardeaError } from '../../errors.ts';
import { toLibraryMetadata } from './client_metadata.ts';

export type ClientCheck = {
  /** Throws CardeaError `invalid_client_metadata` (400). Asks no other server anything. */
  check(clientId: string, metadata: Record<string, unknown>, hasSecret: boolean): void;
  /** All mistakes of the declared clients, by their place in the file. */
  problemsOf(clients: readonly ClientDeclaration[]): Problem[];
  /** Throws a ConfigError with all of them. */
  checkDeclared(clients: readonly ClientDeclaration[]): void;
};

export function createClientCheck(provider: () => Provider): ClientCheck {
  const check: ClientCheck['check'] = (clientId, metadata, hasSecret) => {
    const now = 0;
    const record = {
      ...{ clientId, metadata, createdAt: now, updatedAt: now, version: 1 },
      source: 'operator' as const,
      secretHashes: hasSecret ? [{ hash: '', createdAt: now }] : [],
    };
    try {
      const { Client } = provider();
      new (Client as unknown as new (metadata: object) => unknown)(toLibraryMetadata(record));
    } catch (error) {
      throw refused(error);
    }
    if (metadata.profile === 'fapi2' && metadata.token_endpoint_auth_method !== 'private_key_jwt') {
      throw refused(
        new errors.InvalidClientMetadata(
          'token_endpoint_auth_method must be private_key_jwt with profile fapi2',
        ),
      );
    }
  };

  const problemsOf: ClientCheck['problemsOf'] = (clients) =>
    clients.flatMap((client, index) => {
      const { client_id, client_secret, ...metadata } = client;
      try {
        check(client_id, metadata, client_secret !== undefined);
        return [];
      } catch (error) {
        const { message } = error as Error;
        return [
          {
            where: `clients[${index}]`,
            problem: `would not work: ${message.replace(/\.$/, '')}`,
            remedy: 'See docs/configuration.md and RFC 7591 for what a client may be.',
          },
        ];
      }
    });

  return {
    check,
    problemsOf,
    checkDeclared(clients) {
      const problems = problemsOf(clients);
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}

function refused(error: unknown): unknown {
  if (!(error instanceof errors.OIDCProviderError)) return error;
  return new CardeaError({
    code: 'invalid_client_metadata',
    status: 400,
    message: `${error.error_description ?? error.message}.`,
    cause: error,
  });
}
