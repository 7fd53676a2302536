/**
 * Sends the mails of the queue, and tells what became of each: in the log, in metrics, in the audit trail and in its note.
 */
import type { AuditSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { serverLimits } from '../definitions/limits.ts';
import {
  type AttemptResult,
  createDispatcher,
  type DeliveryLog,
  type Dispatcher,
  type Outcomes,
} from '../deliveries/room.ts';
import type { Delivery, DeliveryStore } from '../storage/deliveries.ts';
import type { MailOutcome } from '../telemetry/metrics.ts';
import { type MailState, readNote, writeNote } from './mail_note.ts';
import { type MailOutbox, mailEndpoint } from './outbox.ts';
import type { SealedContents } from './sealed_contents.ts';
import { serverWords } from './server_words.ts';
import type { SendBySmtp } from './smtp.ts';

export type MailDelivery = Pick<Dispatcher, 'start' | 'drain' | 'close'>;

/** There is one, whoever the mails are for: the operator's server. */
const server = { id: mailEndpoint };

export function createMailDelivery({
  outbox,
  deliveries,
  sealed,
  sendBySmtp,
  audit,
  count,
  clock,
  log,
}: {
  outbox: Pick<MailOutbox, 'onAdded'>;
  deliveries: Pick<DeliveryStore, 'claim' | 'putOff' | 'finish'>;
  sealed: SealedContents;
  sendBySmtp: SendBySmtp;
  audit: AuditSink;
  count: (outcome: MailOutcome) => void;
  clock: Clock;
  log: DeliveryLog;
}): MailDelivery {
  const send = async (
    { message: id, payload, note, createdAt }: Delivery,
    signal: AbortSignal,
  ): Promise<AttemptResult> => {
    const { until, words: last = 'nobody was there to send it in time' } = readNote(note);
    if (until <= clock.now()) return { result: 'refused', reason: last };
    let contents: ReturnType<SealedContents['open']>;
    try {
      contents = sealed.open(payload);
    } catch (error) {
      log.error({ err: error, mail: id }, 'a mail cannot be opened');
      return { result: 'refused', reason: 'sealed by a secret that is gone' };
    }
    const { result, reason: words } = await sendBySmtp({ ...contents, id, createdAt }, { signal });
    const reason = serverWords(words);
    return result === 'failed' ? { result, reason, retryAfter: 0 } : { result, reason };
  };

  const { start, drain, close, poke } = createDispatcher({
    endpoints: () => [server],
    deliveries,
    atOnce: serverLimits.mailsAtOnce,
    send: (_server, delivery, signal) => send(delivery, signal),
    outcomes: createMailOutcomes({ audit, count, clock, log }),
    givenUpAt: ({ note }) => readNote(note).until,
    ...{ clock, log },
  });
  outbox.onAdded(poke);
  return { start, drain, close };
}

const stateOf = { delivered: 'sent', failed: 'deferred', dropped: 'dropped' } as const;

function createMailOutcomes({
  audit,
  count,
  clock,
  log,
}: Pick<Parameters<typeof createMailDelivery>[0], 'audit' | 'count' | 'clock' | 'log'>): Outcomes<
  typeof server
> {
  const facts = ({ message, note, attempts }: Delivery) => {
    const { template, userId } = readNote(note);
    return { userId, fields: { mail: message, template, attempts } };
  };
  return {
    async delivered(_server, delivery) {
      const { userId, fields } = facts(delivery);
      count('sent');
      await audit.record({
        type: 'mail.sent',
        ...{ outcome: 'success', actor: 'system', userId, details: fields },
        target: { kind: 'mail', id: delivery.message },
      });
    },
    failed(_server, delivery, reason, againInMs) {
      const { fields } = facts(delivery);
      count('deferred');
      const again = { again_in_s: Math.round(againInMs / 1000) };
      log.warn({ ...fields, reason, ...again }, 'a mail was not taken');
    },
    async dropped(_server, delivery, reason) {
      const { userId, fields } = facts(delivery);
      count('dropped');
      log.error({ ...fields, reason }, 'a mail was given up');
      await audit.record({
        type: 'mail.dropped',
        ...{ outcome: 'failure', actor: 'system', userId, details: { ...fields, reason } },
        target: { kind: 'mail', id: delivery.message },
      });
    },
    note(delivery, became, words) {
      const state: MailState = stateOf[became];
      return writeNote({ ...readNote(delivery.note), state, words, at: clock.now() });
    },
  };
}
