/**
 * Inspects whatever a person pasted: takes the credential out, finds what it is, and has it checked by whoever knows
 * about its kind. Changes nothing and keeps nothing.
 */
import type { ApiRegistry } from '../apis/room.ts';
import type { Clock } from '../clock.ts';
import { readCompact } from './portable/compact_token.js';
import { inspectToken } from './portable/inspect_token.js';
import { takeOut } from './portable/pasted_text.js';
import { say } from './portable/statement.js';
import { type AccessTokenRecords, stateOfAccessToken } from './records/access_token.ts';
import { inspectApiKey, type KeyRecords } from './records/api_key.ts';
import type { Inspected, Visitor } from './records/inspected.ts';
import { inspectStored, type StoredRecords } from './records/stored_token.ts';
import type { Expectations, Report } from './report.ts';
import { checkClientSignature, type FindClient, ofClient } from './signers/client_keys.ts';
import { checkForeignSignature, type ForeignFetch } from './signers/foreign_keys.ts';
import { checkOwnSignature, type OwnKeys } from './signers/own_keys.ts';

export type InspectionDependencies = {
  issuer: string;
  apis: ApiRegistry;
  keys: OwnKeys;
  tokens: AccessTokenRecords;
  stored: StoredRecords;
  apiKeys: Omit<KeyRecords, 'apis'>;
  findClient: FindClient;
  foreignFetch: ForeignFetch;
  clock: Clock;
};

type InspectionRequest = {
  text: string;
  expectations: Expectations;
  visitor: Visitor;
  /** The name of an API, in the reader's language. */
  nameOf: (api: ReturnType<ApiRegistry['list']>[number]) => string;
};

export type Inspection = {
  /** Throws StoreUnavailableError. */
  inspect(request: InspectionRequest): Promise<Report>;
};

export function createInspection(dependencies: InspectionDependencies): Inspection {
  const { issuer, apis, keys, tokens, stored, findClient, foreignFetch, clock } = dependencies;

  const inspectJwt = async (inspected: Inspected): Promise<Report | undefined> => {
    const { value, visitor } = inspected;
    const read = readCompact(value);
    if (!read) return undefined;
    return inspectToken({
      ...{ ...inspected, token: read.token, issuer },
      pasted: [...inspected.pasted, ...read.notes],
      checkSignature(token, kind) {
        if (ofClient.has(kind)) {
          return checkClientSignature(findClient, token, { issuer, ...visitor });
        }
        return token.claims.iss === issuer
          ? checkOwnSignature(keys, token, visitor)
          : checkForeignSignature(foreignFetch, token, visitor);
      },
      async checkState(token, kind, isAlive) {
        if (token.claims.iss !== issuer || ofClient.has(kind)) return [];
        if (kind === 'access_token') {
          return stateOfAccessToken(tokens, value, { isAlive, visitor });
        }
        return kind === 'id_token' ? [say('fact', 'id_token_not_revoked')] : [];
      },
    });
  };

  return {
    async inspect({ text, expectations, visitor, nameOf }) {
      const { value, notes: pasted } = takeOut(text);
      const api = expectations.api === undefined ? undefined : apis.find(expectations.api);
      const inspected: Inspected = {
        ...{ value, pasted, expectations, visitor, now: clock.now() },
        api: api && {
          ...{ identifier: api.identifier, name: nameOf(api), format: api.format },
          scopes: Object.keys(api.scopes),
        },
      };
      return (
        (await inspectApiKey({ ...dependencies.apiKeys, apis }, inspected)) ??
        (await inspectJwt(inspected)) ??
        inspectStored(stored, inspected)
      );
    },
  };
}
