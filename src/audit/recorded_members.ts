/**
 * What events of changes show of each kind of record. These are lists of what is shown, never of what is hidden: a
 * member that a record gets later stays out of the trail until somebody puts it here. Hashes, secrets and passwords
 * are in none; that there is one is told by when it was made, or by `has_password`.
 */
import { isClientMember } from '../config/schema/client_metadata.ts';
import { fingerprint } from '../digests.ts';
import type { ApiKeyRecord } from '../storage/api_keys.ts';
import type { ApiRecord } from '../storage/apis.ts';
import type { ClientRecord } from '../storage/clients.ts';
import type { GroupRecord } from '../storage/groups.ts';
import type { ProjectRecord } from '../storage/projects.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Members } from './difference.ts';

/** The records whose changes are shown member by member. */
export type RecordOfKind = {
  api: ApiRecord;
  api_key: ApiKeyRecord;
  client: ClientRecord;
  group: GroupRecord;
  operator: RecordedOperator;
  project: ProjectRecord;
  settings: RecordedSettings;
  tier: RecordedTier;
  user: UserRecord;
  webhook: RecordedWebhook;
};

type RecordedOperator = { role: string; projects?: readonly string[] | undefined };
/** `logo`: a picture as base64. */
type RecordedSettings = { pages: Members & { logo?: string | undefined } };
type RecordedTier = {
  limits: { requests_per_minute?: number | undefined; requests_per_month?: number | undefined };
  isDefault: boolean;
};
/** Times in milliseconds since the epoch. */
type RecordedWebhook = {
  url: string;
  events?: readonly string[] | undefined;
  description?: string | undefined;
  secrets: readonly { createdAt: number; expiresAt?: number | undefined }[];
  disabledAt?: number | undefined;
};

/** In snake_case, as the outside knows them. Times are milliseconds since the epoch. */
export const recordedMembers: {
  [Kind in keyof RecordOfKind]: (record: RecordOfKind[Kind]) => Members;
} = {
  client: ({ metadata, bounds, secretHashes, source, disabledAt, expiresAt }) => ({
    metadata: onlyNamed(metadata),
    bounds: bounds && onlyNamed(bounds),
    secrets: secretHashes.map(timesOf),
    ...{ source, disabled_at: disabledAt, expires_at: expiresAt },
  }),
  group: ({ description }) => ({ description }),
  user: ({ username, email, emailVerified, claims, groups, roles, disabledAt, ...user }) => ({
    ...{ username, email, email_verified: emailVerified, claims, groups, roles },
    ...{ disabled_at: disabledAt, delete_at: user.deletion?.at },
    requested_email: user.emailRequest?.email,
    has_password: user.passwordHash !== undefined,
  }),
  project: ({ name, api, scopes, tier, ownerId, memberIds, disabledAt }) => ({
    ...{ name, api, scopes, tier, owner_id: ownerId, member_ids: memberIds },
    disabled_at: disabledAt,
  }),
  api_key: ({ name, api, scopes, environment, tier, limits, metadata, display, ...key }) => ({
    ...{ name, api, scopes, environment, tier, limits, metadata, display },
    ...{ project_id: key.projectId, user_id: key.userId, allow_ips: key.allowIps },
    ...{ created_by: key.createdBy, replaced_by: key.replacedBy, expires_at: key.expiresAt },
    ...{ disabled_at: key.disabledAt, revoked_at: key.revokedAt },
  }),
  api: ({ aliases, members: { name, scopes, claims, client_id, project, ...of }, ...api }) => ({
    ...{ name, aliases, scopes, claims, client_id, project, user_key_scopes: of.user_key_scopes },
    access_token_format: of.access_token_format,
    access_token_lifetime: of.access_token_lifetime,
    ...{ source: api.source, disabled_at: api.disabledAt },
  }),
  operator: ({ role, projects }) => ({ role, projects }),
  settings: ({ pages: { logo, ...pages } }) => ({
    pages: { ...pages, ...(logo !== undefined && { logo: fingerprint(logo) }) },
  }),
  tier: ({ limits, isDefault }) => ({ ...limits, is_default: isDefault }),
  // A URL may contain a secret: of it, the host, and what tells another one apart.
  webhook: ({ url, events, description, secrets, disabledAt }) => ({
    ...{ host: new URL(url).host, url: fingerprint(url), events, description },
    ...{ secrets: secrets.map(timesOf), disabled_at: disabledAt },
  }),
};

function timesOf({ createdAt, expiresAt }: { createdAt: number; expiresAt?: number | undefined }) {
  return { created_at: createdAt, expires_at: expiresAt };
}

/** A client may register members that nobody knows, with whatever in them. Of its keys, what tells them apart. */
function onlyNamed(metadata: Members): Members {
  const { client_secret: _never, jwks, ...others } = metadata;
  const known = Object.entries(others).filter(([name]) => isClientMember(name));
  return { ...Object.fromEntries(known), ...(jwks !== undefined && { jwks: keyFacts(jwks) }) };
}

function keyFacts(jwks: unknown): unknown {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return undefined;
  return keys.map(({ kid, kty, alg, use } = {} as Members) => ({ kid, kty, alg, use }));
}
