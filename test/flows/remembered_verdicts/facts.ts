/**
 * The model: what happened, in its order, and nothing that follows from it. Each question goes through all of it
 * again, so there is no answer that could outlive its reason.
 */
import { notes } from './configuration.ts';

/** What a credential belongs to. A switch names one of these. */
type Links = {
  value: string;
  client?: string | undefined;
  user?: string | undefined;
  family?: string | undefined;
  grant?: string | undefined;
  project?: string | undefined;
  apiKey?: string | undefined;
  signingKey?: string | undefined;
  api: string;
};

export type Credential = Links & {
  name: string;
  kind: 'jwt' | 'opaque' | 'refresh' | 'key';
  /** Milliseconds since the epoch, of what it was exchanged for first; undefined: no instant ends it. */
  issuedAt?: number | undefined;
  /** Of a service's own token. */
  scope?: string[] | undefined;
  /** What it was exchanged for. */
  from?: Credential | undefined;
};

type Kind = 'client' | 'user' | 'project' | 'apiKey';

export type Fact =
  | { did: 'issue'; credential: Credential }
  /** Of all that was issued so far. `of`: 'tokens' (default) or 'keys', which are then ended with their tokens. */
  | { did: 'end'; what: Partial<Links>; of?: 'tokens' | 'keys' }
  | { did: 'end everything'; before?: number | undefined }
  | { did: 'disable' | 'enable'; kind: Kind; id: string }
  /** A new secret beside the newest one, or in place of all. */
  | { did: 'set secret'; client: string; secret: string; overlap: boolean }
  | { did: 'restrict'; client: string; scope: string[]; hasNotes: boolean }
  | { did: 'restart'; node: number };

export function isAlive(facts: readonly Fact[], credential: Credential): boolean {
  const { client, api, kind } = credential;
  const isForNotes = kind === 'opaque' && api === notes;
  // The API of what it was exchanged for may have been taken since.
  if (client !== undefined && isForNotes && !restrictionOf(facts, client).hasNotes) return false;
  for (let one: Credential | undefined = credential; one; one = one.from) {
    if (hasEnded(facts, one)) return false;
  }
  return true;
}

function hasEnded(facts: readonly Fact[], credential: Credential): boolean {
  const issued = facts.findIndex((fact) => fact.did === 'issue' && fact.credential === credential);
  if (facts.slice(issued + 1).some((fact) => ends(fact, credential))) return true;
  return (['client', 'user', 'project', 'apiKey'] as const).some((kind) => {
    const id = credential[kind];
    return id !== undefined && !isEnabled(facts, kind, id);
  });
}

function ends(fact: Fact, credential: Credential): boolean {
  const isKey = credential.kind === 'key';
  if (fact.did === 'end everything') {
    const { before = Infinity } = fact;
    return !isKey && (credential.issuedAt ?? Infinity) < before;
  }
  if (fact.did !== 'end' || (isKey && fact.of !== 'keys')) return false;
  // Refresh tokens are for whatever their client may ask for, so no API ends them.
  if (credential.kind === 'refresh' && fact.what.api !== undefined) return false;
  return Object.entries(fact.what).every(
    ([name, value]) => credential[name as keyof Links] === value,
  );
}

export function isEnabled(facts: readonly Fact[], kind: Kind, id: string): boolean {
  const last = facts.findLast(
    (fact) =>
      (fact.did === 'disable' || fact.did === 'enable') && fact.kind === kind && fact.id === id,
  );
  return last?.did !== 'disable';
}

export function restrictionOf(facts: readonly Fact[], client: string) {
  const last = facts.findLast((fact) => fact.did === 'restrict' && fact.client === client);
  return last?.did === 'restrict' ? last : { scope: undefined, hasNotes: true };
}

/** The scope that a service's own token still has. */
export function scopeLeft(facts: readonly Fact[], { client, scope }: Credential) {
  const { scope: allowed } = restrictionOf(facts, client ?? '');
  return scope?.filter((word) => !allowed || allowed.includes(word));
}

/** Every secret that a client ever had, newest first, and whether it is valid: with a client that is disabled none is. */
export function secretsOf(facts: readonly Fact[], client: string) {
  const given = facts.filter((fact) => fact.did === 'set secret' && fact.client === client);
  const isUsable = isEnabled(facts, 'client', client);
  return given.toReversed().map((fact, age) => {
    const next = given[given.length - age];
    const isKept = age === 0 || (age === 1 && next?.did === 'set secret' && next.overlap);
    return { secret: fact.did === 'set secret' ? fact.secret : '', isValid: isUsable && isKept };
  });
}

export function credentialsIn(facts: readonly Fact[]): Credential[] {
  return facts.flatMap((fact) => (fact.did === 'issue' ? [fact.credential] : []));
}

/** For a report. */
export function tell(facts: readonly Fact[]): string {
  const inShort = (name: string, value: unknown) => {
    if (name === 'from') return (value as Credential).name;
    return name === 'value' ? `${String(value).slice(0, 12)}...` : value;
  };
  return facts.map((fact) => JSON.stringify(fact, inShort)).join('\n');
}
