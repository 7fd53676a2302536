/**
 * How the library's records become artifacts and back. A record's id is a bearer value (a code, a token, a
 * session cookie): only its hash is stored, and every other place in the record that repeats a bearer value
 * is emptied. The value comes back from whoever presents it.
 */
import type { AdapterPayload } from 'oidc-provider';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { sha256 } from '../../digests.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import { kinds, type RecordKind } from './kinds.ts';

/** Stands for a bearer value where only its hash is known. No secret, and never accepted from outside. */
const referenceMark = '#';
const uidPlaceholder = '{uid}';

export function isReference(value: string): boolean {
  return value.startsWith(referenceMark);
}

/** The stored id for a value, or for a reference that stands for one. */
export function artifactId(kind: RecordKind, value: string): string {
  if (isReference(value)) return value.slice(referenceMark.length);
  return kinds[kind].stored.id === 'open' ? value : sha256(value);
}

function referenceTo(value: string): string {
  return isReference(value) ? value : `${referenceMark}${sha256(value)}`;
}

/** `expiresIn` in seconds, absent: no end of its own; `now` in milliseconds since the epoch. */
export function toArtifact(
  kind: RecordKind,
  value: string,
  record: AdapterPayload,
  {
    expiresIn,
    now,
    alias,
  }: { expiresIn: number | undefined; now: number; alias?: string | undefined },
): Artifact {
  const { jti: _jti, userCode: _userCode, ...payload } = record as Record<string, unknown>;
  const { grantId, accountId, clientId, sessionUid, uid } = record as Record<string, string>;
  const { stored, lives } = kinds[kind];
  if (stored.repeats === 'bearer_values') hideBearerValues(payload, value);
  // The library gives some no end, such as registration access tokens.
  const lifetimeMs = (expiresIn ?? lifetimes.withoutEnd) * 1000;
  const expiresAt = typeof record.exp === 'number' ? record.exp * 1000 : now + lifetimeMs;
  return {
    kind,
    id: artifactId(kind, value),
    payload,
    grantId: stored.namedBy === 'grantId' ? value : grantId,
    accountId,
    clientId,
    sessionUid: stored.namedBy === 'sessionUid' ? uid : sessionUid,
    alias,
    expiresAt: expiresAt + lives.lingers * 1000,
  };
}

/** `value`: what was presented; absent where the artifact was found by another key. */
export function fromArtifact(artifact: Artifact, value?: string): AdapterPayload {
  const payload: AdapterPayload = {
    ...artifact.payload,
    jti: value ?? `${referenceMark}${artifact.id}`,
  };
  if (typeof payload.returnTo === 'string' && value) {
    payload.returnTo = payload.returnTo.replace(uidPlaceholder, value);
  }
  return payload;
}

function hideBearerValues(payload: Record<string, unknown>, uid: string): void {
  const { session, returnTo, deviceCode, parJti } = payload as {
    session?: Record<string, unknown>;
    returnTo?: string;
    deviceCode?: string;
    parJti?: string;
  };
  if (session) {
    const { cookie: _cookie, ...rest } = session;
    payload.session = rest;
  }
  if (returnTo) payload.returnTo = returnTo.replace(uid, uidPlaceholder);
  if (deviceCode) payload.deviceCode = referenceTo(deviceCode);
  if (parJti) payload.parJti = referenceTo(parJti);
}
