/**
 * Standard Webhooks signatures (standardwebhooks.com, version 1.0.0, symmetric: `v1`).
 */
import { createHmac } from 'node:crypto';

/** A secret as it is shared: `whsec_` and base64. Several are separated by commas. */
export function secretsOf(text: string): Buffer[] {
  return text
    .split(',')
    .map((secret) => Buffer.from(secret.trim().slice('whsec_'.length), 'base64'));
}

export type SignedMessage = {
  /** The same for each attempt. Contains no full stop, which separates the signed parts. */
  id: string;
  /** Of this attempt, in seconds since the epoch. */
  timestamp: number;
  /** Exactly what is sent. */
  payload: string;
};

/** The three headers, with one signature per secret: a receiver that knows one of them can verify the message. */
export function webhookHeaders(
  { id, timestamp, payload }: SignedMessage,
  secrets: readonly Buffer[],
): Record<string, string> {
  const content = `${id}.${timestamp}.${payload}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
