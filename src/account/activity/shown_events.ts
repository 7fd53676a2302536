/**
 * What happened in the account of a person, in plain words: of the events of the audit trail those that have words
 * (views/texts/account). Others are of use to operators alone.
 */
import { accountClientId } from '../../definitions/built_in.ts';
import type { AccountEvent } from '../../pages/account_data.ts';
import { fill } from '../../pages/texts.ts';
import type { AuditEvent, AuditPlace } from '../../storage/audit_events.ts';
import { introduce } from '../apps/introduced_client.ts';
import type { AccountRequest } from '../page.ts';
import { nameOfProvider } from '../ways/providers/own_identities.ts';
import { isOwnAct, ownAddressOf } from './own_events.ts';

type Reader = Pick<AccountRequest, 'person' | 'services' | 'locale' | 't' | 'times' | 'brand'>;

/** Events that one reading looks at. */
const pageSize = 100;
const mostReadings = 5;

/** How the actor of what follows from a sign-in at a provider begins. */
const asProvider = 'identity_provider:';

/** At most `limit`, the newest first, from behind `after`. `next`: where older ones are. */
export async function readEvents(
  reader: Reader,
  { limit, after }: { limit: number; after?: AuditPlace | undefined },
): Promise<{ events: AccountEvent[]; next?: AuditPlace | undefined }> {
  const { person, services } = reader;
  const found: AuditEvent[] = [];
  let place = after;
  for (let reading = 0; reading < mostReadings; reading += 1) {
    const { events, next } = await services.store.audit.search({
      ...{ userId: person.id, limit: pageSize },
      ...(place && { before: place.at, beforeId: place.id }),
    });
    found.push(...events.filter((event) => wordsOf(event, reader) !== undefined));
    place = next;
    if (found.length > limit || !next) break;
  }
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    events: await Promise.all(shown.map((event) => toShown(event, reader))),
    next: last ? { at: last.at, id: last.id } : place,
  };
}

/** The text of an event, with `{client}` where it names one; undefined: it is none for people. */
function wordsOf(
  { type, clientId }: AuditEvent,
  { t: { events, activity } }: Pick<Reader, 't'>,
): string | undefined {
  // The end of a session is on record for each app that was used in it, too.
  if (type === 'revocation.session' && clientId !== undefined) return undefined;
  if (type === 'sign_in.succeeded' && clientId === accountClientId) return activity.signed_in_here;
  return Object.hasOwn(events, type) ? events[type as keyof typeof events] : undefined;
}

async function toShown(event: AuditEvent, reader: Reader): Promise<AccountEvent> {
  const { services, locale, t, times, person } = reader;
  const { clientId, count = 1, details } = event;
  const ip = ownAddressOf(event, person.id);
  const client = clientId === undefined ? undefined : await services.findClient(clientId);
  const name = client ? introduce(client, locale).name : (clientId ?? t.unknown);
  const facts = [
    nameIn(details, reader),
    ip && fill(t.activity.from, { ip }),
    byWhom(event, reader),
    count > 1 ? fill(t.activity.times, { count: String(count) }) : undefined,
  ];
  return {
    text: fill(wordsOf(event, reader) ?? '', { client: name }),
    facts: facts.filter((fact) => fact !== undefined),
    time: times.moment(event.at),
  };
}

/** What the event is about; of an identity at a provider the event has the provider's id. */
function nameIn(details: AuditEvent['details'], reader: Reader): string | undefined {
  const { kind, name } = details ?? {};
  if (typeof name !== 'string' || name === '') return undefined;
  return kind === 'identity' ? nameOfProvider(reader, name) : name;
}

/** Undefined: the person, or the app that the event names. */
function byWhom(event: AuditEvent, reader: Reader) {
  const { person, t, brand } = reader;
  const { actor } = event;
  if (isOwnAct(event, person.id)) return undefined;
  if (actor === 'system') return t.activity.by_system;
  if (actor?.startsWith(asProvider)) {
    const provider = nameOfProvider(reader, actor.slice(asProvider.length));
    return fill(t.activity.by_provider, { provider });
  }
  return fill(t.activity.by_others, { issuer: brand });
}
