/**
 * A key that was found in public: reported in GitHub's format, first by somebody else, then by who holds the
 * signing key; and a key in an address, through nginx.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { githubKeysPath, hooksPath } from './configuration.ts';
import type { Row } from './report.ts';
import type { Stage } from './stage.ts';

const patienceMs = 5000;

export async function reportLeaks(stage: Stage): Promise<Row[]> {
  const { nodes, gateway, site, newKey, verdict } = stage;
  const github = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = github.publicKey.export({ type: 'spki', format: 'pem' });
  site.serve(githubKeysPath, { public_keys: [{ key_identifier: 'k1', key, is_current: true }] });
  const leaked = await newKey('--idempotency-key', 'soak-leak');
  const found = {
    token: leaked.key,
    ...{ type: 'acme_api_key', url: 'https://github.com/a/b', source: 'commit' },
  };
  const report = JSON.stringify([found]);

  const outcome = async (signer: KeyObject) => {
    const response = await fetch(`${nodes[0].url}/leaks/github`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'Github-Public-Key-Identifier': 'k1',
        'Github-Public-Key-Signature': sign('sha256', Buffer.from(report), signer).toString(
          'base64',
        ),
      },
      body: report,
    });
    const answer = (await response.json()) as { code?: string } & { label: string }[];
    const verdicts = await Promise.all(nodes.map((node) => verdict(node, leaked.key)));
    return [response.status, answer.code ?? answer[0]?.label, ...verdicts].join(', ');
  };
  const forged = await outcome(stranger.privateKey);
  const genuine = await outcome(github.privateKey);
  const told = await until(() =>
    site.received.some(
      ({ path, body }) =>
        path === hooksPath && body.includes('api_key.leaked') && body.includes(leaked.id),
    ),
  );

  const careless = await newKey();
  const inAddress = await fetch(`${gateway.url}/orders?api_key=${careless.key}`);
  const { code } = (await inAddress.json()) as { code: string };
  const rows: [string, string, string][] = [
    ['a forged report of a leak', forged, '403, invalid_signature, valid, valid'],
    ['the signed one', genuine, '200, true_positive, revoked, revoked'],
    ['the webhook that tells of it', String(told), 'true'],
    ['a key in an address, through nginx', `${inAddress.status}, ${code}`, '400, key_in_query'],
  ];
  return rows.map(([must, seen, expected]) => ({
    must: `${must}: ${expected}`,
    ...{ seen, isGood: seen === expected },
  }));
}

async function until(isSo: () => boolean): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!isSo() && performance.now() < deadline) await sleep(20);
  return isSo();
}
