/**
 * Whether any secret is where whoever copies the store, or reads the logs, would find it. All is stopped first,
 * so that everything is written that will be.
 */
import { sha256 } from '../../../src/digests.ts';
import { dumpStore } from '../../flows/stolen_store/dump.ts';
import { asOrders } from './configuration.ts';
import type { Row } from './report.ts';
import type { Stage } from './stage.ts';

export async function findTraces(stage: Stage): Promise<Row[]> {
  const { storeUrl, keys, tokens, secrets } = stage;
  const exitCodes = await stage.stop();
  const logs = stage.logged();
  await stage.gateway.close();
  await stage.site.close();
  const { text: stored, values } = await dumpStore(storeUrl);

  const forms = [
    ...keys.flatMap(({ key }) => keyForms(key)),
    // The signature alone makes the rest, which can be guessed, a token.
    ...tokens.flatMap((token) => [token, token.slice(token.lastIndexOf('.') + 1)]),
    ...[...secrets, asOrders().replace('Basic ', '')].flatMap(encodings),
  ];
  const hitsIn = (text: string) => forms.filter((form) => text.includes(form)).length;
  // Else nothing would be found for want of looking in the right place.
  const hashes = keys.filter(({ key }) => values.includes(sha256(key))).length;
  const known = keys.filter(({ id }) => logs.includes(id)).length;
  const searched = `${keys.length} keys, ${tokens.length} JWTs, ${secrets.length} configured secrets`;
  return [
    {
      must: 'both nodes end as they are told',
      seen: `exit codes ${exitCodes.join(', ')}`,
      isGood: exitCodes.every((code) => code === 0),
    },
    {
      must: `of ${searched}, nothing in the store`,
      seen: `${hitsIn(stored)} hits in ${size(stored)}; hashes of ${hashes} keys`,
      isGood: hitsIn(stored) === 0 && hashes === keys.length,
    },
    {
      must: 'and nothing in the logs of all, nor in webhooks',
      seen: `${hitsIn(logs)} hits in ${size(logs)}; ids of ${known} keys`,
      isGood: hitsIn(logs) === 0 && known > 0,
    },
  ];
}

/** Whole, by the halves of its random part, and encoded. */
function keyForms(key: string): string[] {
  const random = key.slice(key.lastIndexOf('_') + 1);
  const half = random.length / 2;
  return [...encodings(key), random.slice(0, half), random.slice(half)];
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
}

function size(text: string): string {
  return `${(text.length / 1e6).toFixed(1)} MB`;
}
