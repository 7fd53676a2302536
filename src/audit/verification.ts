/**
 * Walks the whole trail and says what somebody did to it: which events were altered, removed, put in or moved. What
 * was purged in its time, what a process lost when it was killed, and what is written meanwhile is none of that.
 */
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import type { AuditChain } from '../storage/audit_chains.ts';
import type { AuditEvent, AuditPlace, FiledEvent } from '../storage/audit_events.ts';
import type { Store } from '../storage/store.ts';
import { type ChainCheck, createChainCheck, type Gap } from './chain_check.ts';
import { readTrailRecord, type TrailRecord } from './chain_register.ts';
import { lateMs } from './chain_writer.ts';
import { checkRecord, isSealed, type SealingKeys } from './seals.ts';

/** What is wrong. Times are milliseconds since the epoch. */
export type AuditFinding =
  /** Its content is not what was recorded (`altered`), or it is not found by what it says (`misfiled`). */
  | ({ kind: 'altered' | 'misfiled' | 'displaced'; type: string } & AuditPlace & InChain)
  /** It has no link, or one in a chain that the register does not know. */
  | ({ kind: 'inserted'; type: string } & AuditPlace & InChain)
  | {
      kind: 'removed';
      chain: string;
      /** How many, from this number on. */
      number: number;
      count: number;
      /** The events that it stood between, where there are any. */
      after: AuditPlace | undefined;
      before: AuditPlace | undefined;
    }
  /** Of the register: chains are missing, this one is not as it was, or nothing is known of one that has events. */
  | { kind: 'chain_removed'; position: number; count: number }
  | { kind: 'chain_altered'; chain: string; position: number }
  | { kind: 'chain_unknown'; chain: string }
  /** What the trail knows of itself. */
  | { kind: 'record_altered' | 'record_removed' };

type InChain = { chain?: string | undefined; number?: number | undefined };

export type Verification = {
  findings: AuditFinding[];
  /** Findings beyond the limit, which are counted only. */
  more: number;
  events: number;
  chains: number;
  /** Of those events: folded ones, whose count and last time nothing proves; and those from before there were chains. */
  folded: number;
  unlinked: number;
  /** Chains, or the trail's own record, that are sealed with a secret that is not configured. */
  unknownKeys: number;
};

type VerifiedStore = {
  audit: Pick<Store['audit'], 'walk'>;
  auditChains: Pick<Store['auditChains'], 'list'>;
  documents: Pick<Store['documents'], 'get'>;
};

const pageSize = 1000;
const mostFindings = 1000;
/** While nodes are updated one by one, the old ones write events without links (ms). */
const updateMs = hourMs;

export async function verifyTrail({
  store,
  keys,
  clock,
  onProgress = () => {},
}: {
  store: VerifiedStore;
  keys: SealingKeys;
  clock: Clock;
  /** Called after each page, with how many events were looked at. */
  onProgress?: (events: number) => void;
}): Promise<Verification> {
  const startedAt = clock.now();
  const checks = new Map<string, ChainCheck>();
  const result: Verification = {
    ...{ findings: [], more: 0, events: 0, chains: 0, folded: 0, unlinked: 0, unknownKeys: 0 },
  };
  const report = (finding: AuditFinding) => {
    if (result.findings.length < mostFindings) result.findings.push(finding);
    else result.more += 1;
  };
  // Before the events: what they had got to by now must be there.
  const known = await readChains(store);
  const record = await readTrailRecord(store.documents);
  const recordState = record && checkRecord(keys, record);
  const since = recordState === 'right' ? (record?.since ?? 0) : 0;
  const unknownKey = new Set<string>();

  const chainCheck = (chain: string) => {
    const check = checks.get(chain) ?? createChainCheck();
    checks.set(chain, check);
    return check;
  };

  const check = ({ at, id, type, event, isFiledRight }: FiledEvent) => {
    result.events += 1;
    const { link } = event ?? {};
    const { chain, number } = link ?? {};
    const where = { at, id, type, chain, number };
    if (!event) return report({ kind: 'altered', ...where });
    if (!link) {
      result.unlinked += 1;
      if (record && at >= since + updateMs) report({ kind: 'inserted', ...where });
      return;
    }
    const isRight = isSealed(keys, event);
    if (!isRight) {
      if (isOfUnknownKey(chain, known, keys)) unknownKey.add(String(chain));
      else report({ kind: 'altered', ...where });
    } else if (!isFiledRight) report({ kind: 'misfiled', ...where });
    if (chain === undefined) result.folded += 1;
    // What is altered may name any chain.
    else if (isRight || known.has(chain)) chainCheck(chain).add(event);
  };

  const walk = async (from: AuditPlace | undefined, look: (filed: FiledEvent) => void) => {
    for (let after = from; ; ) {
      const page = await store.audit.walk({ after, limit: pageSize });
      for (const filed of page) look(filed);
      onProgress(result.events);
      after = page.at(-1) ?? after;
      if (page.length < pageSize) return;
    }
  };
  await walk(undefined, check);
  // Before an event is in the trail, all with lesser numbers are: they came behind the place that was reached.
  if ([...checks.values()].some((one) => one.isIncomplete())) {
    await walk({ at: startedAt - lateMs, id: '' }, (filed) => {
      const { chain = '', number = 0 } = filed.event?.link ?? {};
      if (checks.get(chain)?.misses(number)) check(filed);
    });
  }

  // After the events: what was begun or purged meanwhile.
  const chains = new Map([...(await readChains(store)), ...known]);
  const purged = await readTrailRecord(store.documents);
  reportRecord(purged, { keys, hasChains: chains.size > 0, result, report });
  reportRegister(chains, { keys, purged, result, report });
  const purgedBefore = purged && checkRecord(keys, purged) === 'right' ? purged.purgedBefore : 0;
  for (const [id, { number }] of known) if (number > 0) chainCheck(id);
  for (const [id, checked] of checks) {
    const { gaps, displaced } = checked.end(known.get(id));
    if (!chains.has(id)) report({ kind: 'chain_unknown', chain: id });
    for (const event of displaced) report({ kind: 'displaced', ...whereOf(event) });
    // One that was begun meanwhile may have begun behind the place that was reached.
    const judged = known.has(id) ? gaps : [];
    for (const gap of judged) if (!wasPurged(gap, purgedBefore)) report(removedOf(id, gap));
  }
  result.chains = chains.size;
  result.unknownKeys += unknownKey.size;
  return result;
}

/** All events of the gap were from before the greatest time before its end, or late by less than the bound. */
function wasPurged({ latest }: Gap, purgedBefore: number): boolean {
  return latest - lateMs < purgedBefore;
}

function removedOf(chain: string, { from, to, after, before }: Gap): AuditFinding {
  return { kind: 'removed', chain, number: from, count: to - from + 1, after, before };
}

function whereOf({ at, id, type, link }: AuditEvent) {
  return { at, id, type, chain: link?.chain, number: link?.number };
}

function isOfUnknownKey(
  chain: string | undefined,
  known: ReadonlyMap<string, AuditChain>,
  keys: SealingKeys,
): boolean {
  const registered = chain === undefined ? undefined : known.get(chain);
  return registered !== undefined && checkRecord(keys, registered) === 'unknown_key';
}

async function readChains({
  auditChains,
}: Pick<VerifiedStore, 'auditChains'>): Promise<Map<string, AuditChain>> {
  const chains = new Map<string, AuditChain>();
  for (let after = 0; ; ) {
    const page = await auditChains.list({ after, limit: pageSize });
    for (const chain of page) chains.set(chain.id, chain);
    if (page.length < pageSize) return chains;
    after = page.at(-1)?.position ?? after;
  }
}

type Reporting = {
  keys: SealingKeys;
  result: Verification;
  report: (finding: AuditFinding) => void;
};

function reportRecord(
  record: TrailRecord | undefined,
  { keys, hasChains, result, report }: Reporting & { hasChains: boolean },
): void {
  if (!record) {
    if (hasChains || result.events > result.unlinked) report({ kind: 'record_removed' });
    return;
  }
  const state = checkRecord(keys, record);
  if (state === 'unknown_key') result.unknownKeys += 1;
  if (state === 'wrong') report({ kind: 'record_altered' });
}

/** Each position must be there, from the first that was not purged. */
function reportRegister(
  chains: ReadonlyMap<string, AuditChain>,
  { keys, purged, result, report }: Reporting & { purged: TrailRecord | undefined },
): void {
  let next = purged?.chainsFrom ?? 1;
  const inOrder = [...chains.values()].sort((one, other) => one.position - other.position);
  for (const chain of inOrder) {
    const { id, position } = chain;
    const state = checkRecord(keys, chain);
    if (state === 'unknown_key') result.unknownKeys += 1;
    if (state === 'wrong') report({ kind: 'chain_altered', chain: id, position });
    if (position > next) report({ kind: 'chain_removed', position: next, count: position - next });
    next = Math.max(next, position + 1);
  }
}
