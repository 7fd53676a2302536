/**
 * Why a request was refused, for the log at `debug` and nobody else: what the answer must not tell, such as
 * whether a code was unknown, expired or spent. It looks at the store only when somebody reads it. Bearer values
 * are told by their fingerprints.
 */
import type { errors, KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import { defaultAuthMethod } from '../../definitions/oauth.ts';
import { fingerprint } from '../../digests.ts';
import type { Refusal } from '../../http/request_state.ts';
import { type Artifact, type ArtifactStore, indexedKinds } from '../../storage/artifacts.ts';
import type { ClientStore } from '../../storage/clients.ts';
import { type AccessTokenReader, looksLikeJwt, type Revocations } from '../../tokens/room.ts';
import { isTakenDocument } from '../clients/documents/document_urls.ts';
import { nearestRedirectUri } from '../clients/nearest_redirect_uri.ts';
import type { SourcePolicies } from '../clients/source_limits.ts';
import { isDocumentUrl } from '../engine/library_parts.ts';
import { artifactId } from '../records/artifact_mapping.ts';
import { kinds, kindsWhere, type RecordKind } from '../records/kinds.ts';
import { createLiveness } from '../records/liveness.ts';

type Oidc = KoaContextWithOIDC['oidc'];
type Parameters = Record<string, unknown>;
type LibraryError = errors.OIDCProviderError & { error_detail?: string; scope?: string };

export type Refusals = {
  /** Of a request that ended with this error. */
  ofError(ctx: KoaContextWithOIDC, error: unknown): Promise<Refusal>;
  /** Of a token that introspection calls inactive, or that revocation did not revoke. */
  ofToken(ctx: KoaContextWithOIDC): Promise<Refusal>;
};

const redeemedKinds = kindsWhere(({ presented }) => presented.redeemedAs !== 'none');
const tokenKinds = kindsWhere(({ presented }) => presented.token !== 'none');
/** Of a list, such as a client's redirect URIs. */
const mostListed = 10;
/** Before any record's end: finds also what has expired and is still there. */
const always = 0;

export function createRefusals({
  artifacts,
  clients,
  revocations,
  accessTokens,
  documents,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find'>;
  clients: { find(id: string): ReturnType<ClientStore['find']> };
  revocations: Pick<Revocations, 'isRevoked'>;
  accessTokens: Pick<AccessTokenReader, 'explain'>;
  documents: SourcePolicies['client_id_metadata'];
  clock: Clock;
}): Refusals {
  const isDead = createLiveness(revocations);

  /** What the store knows of a value; undefined: nothing that speaks against it. */
  const faultOf = async (artifact: Artifact | undefined): Promise<string | undefined> => {
    if (!artifact) return 'it is not on record: never issued, removed, or long expired';
    if (artifact.consumedAt !== undefined) return `it was spent at ${instant(artifact.consumedAt)}`;
    if (artifact.expiresAt <= clock.now()) return `it expired at ${instant(artifact.expiresAt)}`;
    if (await isDead(artifact)) return 'it was revoked, or something it depends on was';
    const { grantId } = artifact;
    const grant = grantId && (await artifacts.find(indexedKinds.grant, grantId, clock.now()));
    return grantId && !grant ? 'its grant has ended' : undefined;
  };

  const ofStored = async (kind: RecordKind, value: string): Promise<Refusal> => {
    const artifact = await artifacts.find(kind, artifactId(kind, value), always);
    return {
      presented: `${kind} ${fingerprint(value)}`,
      presented_fault: await faultOf(artifact),
      issued_to: artifact?.clientId,
    };
  };

  const ofClient = async (id: string): Promise<Refusal> => {
    const record = await clients.find(id);
    if (!record) {
      if (!isDocumentUrl(id)) return { client_fault: 'there is no client of this id' };
      const isTaken = isTakenDocument(id, documents);
      const why = isTaken ? '' : 'metadata documents of this host are not taken, and ';
      return {
        client_fault: `${why}there is no client of this id`,
        client_document: addressOf(id),
      };
    }
    if (record.disabledAt !== undefined) {
      return { client_fault: 'the client is disabled', known_client: id };
    }
    const { token_endpoint_auth_method: method = defaultAuthMethod } = record.metadata;
    const valid = record.secretHashes.filter(
      ({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt > clock.now(),
    );
    return { registered_auth_method: method, valid_secrets: valid.length };
  };

  const ofBearer = async (token: string): Promise<Refusal> => {
    const presented = fingerprint(token);
    if (looksLikeJwt(token)) {
      return {
        presented: `JWT ${presented}`,
        presented_fault: (await accessTokens.explain(token))?.text,
      };
    }
    for (const kind of tokenKinds) {
      const artifact = await artifacts.find(kind, artifactId(kind, token), always);
      if (artifact) return ofStored(kind, token);
    }
    return { presented, presented_fault: await faultOf(undefined) };
  };

  const details = async (ctx: KoaContextWithOIDC, error: LibraryError): Promise<Refusal> => {
    const { oidc } = ctx;
    const params = (oidc.params ?? {}) as Parameters;
    switch (error.error) {
      case 'invalid_client': {
        const id = clientIdOf(ctx);
        return id === undefined ? {} : { client_id: id, ...(await ofClient(id)) };
      }
      // RFC 9126 section 2.3: at /par the former is told as the latter.
      case 'invalid_redirect_uri':
      case 'invalid_request':
        return isRegistered(oidc)
          ? {}
          : {
              redirect_uri: params.redirect_uri,
              nearest_redirect_uri: nearestRedirectUri(
                params.redirect_uri,
                oidc.client?.redirectUris,
              ),
              registered_redirect_uris: oidc.client?.redirectUris?.slice(0, mostListed),
            };
      case 'invalid_scope':
      case 'insufficient_scope':
        return { scope: error.scope ?? params.scope, client_scope: scopeOf(oidc) };
      case 'invalid_target':
        return { resource: params.resource };
      case 'unsupported_grant_type':
      case 'unauthorized_client':
        return { grant_type: params.grant_type, client_grant_types: oidc.client?.grantTypes };
      case 'invalid_token': {
        const bearer = bearerOf(ctx);
        return bearer === undefined ? {} : ofBearer(bearer);
      }
      case 'invalid_grant': {
        const given = (kind: RecordKind) => params[kinds[kind].presented.redeemedAs];
        const kind = redeemedKinds.find((each) => typeof given(each) === 'string');
        return kind ? ofStored(kind, String(given(kind))) : {};
      }
      default:
        return {};
    }
  };

  return {
    async ofError(ctx, thrown) {
      const error = thrown as LibraryError;
      return {
        error: error.error ?? error.name,
        description: error.error_description,
        detail: error.error_detail ?? causeOf(error),
        client_id: ctx.oidc.client?.clientId ?? clientIdOf(ctx),
        ...(await details(ctx, error)),
      };
    },

    async ofToken(ctx) {
      const { client, params } = ctx.oidc;
      const token = String((params as Parameters | undefined)?.token ?? '');
      const found = await ofBearer(token);
      const isAlive = found.presented_fault === undefined;
      return {
        client_id: client?.clientId,
        ...found,
        ...(isAlive && {
          presented_fault:
            client?.clientAuthMethod === 'none'
              ? 'the client that asks cannot prove who it is'
              : 'it is alive, but not for the client that asks, or its client or user is disabled',
        }),
      };
    },
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** True also where no redirect URI was sent, or none can be compared. */
function isRegistered({ client, params }: Oidc): boolean {
  const uri = (params as Parameters | undefined)?.redirect_uri;
  return typeof uri !== 'string' || !client || client.redirectUriAllowed(uri);
}

/** What an error was made from. */
function causeOf({ cause }: Error): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

/** As it was claimed, whether or not there is such a client. */
function clientIdOf(ctx: KoaContextWithOIDC): string | undefined {
  const params = (ctx.oidc.params ?? ctx.oidc.body ?? {}) as Parameters;
  if (typeof params.client_id === 'string') return params.client_id;
  const basic = /^basic ([\w+/=]+)$/i.exec(ctx.get('Authorization'))?.[1];
  if (basic === undefined) return undefined;
  const [id, ...secret] = Buffer.from(basic, 'base64').toString().split(':');
  // Without a colon it may be a secret alone.
  return secret.length > 0 ? id : undefined;
}

function bearerOf(ctx: KoaContextWithOIDC): string | undefined {
  return /^(?:bearer|dpop) (\S+)$/i.exec(ctx.get('Authorization'))?.[1];
}

function scopeOf({ client }: Oidc): string {
  return [client?.scope, client?.allowed_scope].filter(Boolean).join(' ');
}

const longestAddress = 200;

/** Of a document, as the log may have it: strangers write what they like behind the path. */
function addressOf(id: string): string | undefined {
  const url = URL.parse(id);
  return url ? `${url.origin}${url.pathname}`.slice(0, longestAddress) : undefined;
}
