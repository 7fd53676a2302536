/**
 * `cardea audit verify`: walks the audit trail and names what somebody did to it.
 */
import type { AuditFinding, Verification } from '../../audit/room.ts';
import { iso } from '../../clock.ts';
import { withContext } from '../context.ts';
import { type OutputOptions, print, printable, remark } from '../terminal/output.ts';

/** Events between two lines that say how far it is. */
const progressEvery = 100_000;

export async function verify(options: OutputOptions): Promise<void> {
  let told = 0;
  const onProgress = (events: number) => {
    if (options.json || events < told + progressEvery) return;
    told = events;
    remark(`${events.toLocaleString('en')} events …`);
  };
  const found = await withContext(({ auditTrail }) => auditTrail.verify(onProgress));
  const isRight = found.findings.length === 0 && found.unknownKeys === 0;
  print(toJson(found, isRight), options, () => renderText(found));
  if (!isRight) process.exitCode = 1;
}

function toJson({ findings, ...found }: Verification, ok: boolean) {
  return {
    ok,
    events: found.events,
    chains: found.chains,
    folded: found.folded,
    unlinked: found.unlinked,
    unknown_keys: found.unknownKeys,
    findings: findings.map((finding) => ({
      ...finding,
      ...('at' in finding && { at: iso(finding.at) }),
      ...('after' in finding && { after: finding.after && placeJson(finding.after) }),
      ...('before' in finding && { before: finding.before && placeJson(finding.before) }),
    })),
    more_findings: found.more,
  };
}

function placeJson({ at, id }: { at: number; id: string }) {
  return { at: iso(at), id };
}

function renderText({ findings, more, ...found }: Verification): string {
  const count = (number: number) => number.toLocaleString('en');
  const lines = findings.map((finding) => printable(sentence(finding)));
  if (more > 0) lines.push(`and ${count(more)} more`);
  if (found.unknownKeys > 0) {
    lines.push(
      `${count(found.unknownKeys)} chains or records were sealed with a secret that is not configured. To check them, put the former secret at the end of CARDEA_SECRET.`,
    );
  }
  const whole = `${count(found.events)} events in ${count(found.chains)} chains checked`;
  const others = [
    found.unlinked > 0 &&
      `${count(found.unlinked)} from before events were linked: nothing proves those`,
    found.folded > 0 &&
      `${count(found.folded)} stand for several: nothing proves how many, nor that all are there`,
  ].filter((text) => text !== false);
  const verdict = lines.length === 0 ? 'Nothing was altered, removed or put in.' : undefined;
  return [...lines, [whole, ...others].join('; ').concat('.'), verdict]
    .filter((line) => line !== undefined)
    .join('\n');
}

function sentence(finding: AuditFinding): string {
  switch (finding.kind) {
    case 'altered':
      return `Altered: ${named(finding)}`;
    case 'misfiled':
      return `Hidden from lists: ${named(finding)} is not stored under what it says`;
    case 'displaced':
      return `Out of place: ${named(finding)} does not follow the event before it`;
    case 'inserted':
      return `Put in: ${named(finding)} was not recorded by Cardea`;
    case 'removed':
      return `Removed: ${numbers(finding)} of chain ${finding.chain}, ${between(finding)}`;
    case 'chain_removed':
      return `Removed from the register: ${finding.count} chains from place ${finding.position} on`;
    case 'chain_altered':
      return `Altered in the register: chain ${finding.chain} at place ${finding.position}`;
    case 'chain_unknown':
      return `Removed from the register: chain ${finding.chain}, which has events`;
    case 'record_altered':
      return 'Altered: what the trail knows of itself (since when it is linked, what was purged)';
    case 'record_removed':
      return 'Removed: what the trail knows of itself (since when it is linked, what was purged)';
  }
}

type Named = {
  id: string;
  at: number;
  type: string;
  chain?: string | undefined;
  number?: number | undefined;
};

function named({ id, at, type, chain, number }: Named): string {
  const place = chain === undefined ? '' : `, ${number} of chain ${chain}`;
  return `event ${id} of ${timeOf(at)}, ${type}${place}`;
}

function numbers({ number, count }: { number: number; count: number }): string {
  return count === 1 ? `event ${number}` : `events ${number} to ${number + count - 1}`;
}

type Removed = Extract<AuditFinding, { kind: 'removed' }>;

function between({ after, before }: Removed): string {
  const texts = [
    after && `behind event ${after.id} of ${timeOf(after.at)}`,
    before && `before event ${before.id} of ${timeOf(before.at)}`,
  ].filter((text) => text !== undefined);
  return texts.length > 0 ? texts.join(', ') : 'all that there were';
}

/** A store that somebody changed by hand may hold anything. */
function timeOf(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? (iso(at) ?? '') : String(at);
}
