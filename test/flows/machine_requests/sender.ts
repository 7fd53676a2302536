/** Sends requests byte by byte, each with credentials of its own that nobody has used before. */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { systemClock as clock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import { type RawAnswer, sendRaw } from '../../attacks/raw_request.ts';
import { basic, postForm } from '../../support/flows.ts';
import { keyRoomsOn } from '../../support/key_rooms.ts';
import { createAuditTrail } from '../../support/rooms.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, notes, orders, secret, signerKeys } from './configuration.ts';
import type { MachineRequest } from './requests_in_order.ts';

export type Sender = { send(request: MachineRequest): Promise<RawAnswer>; close(): Promise<void> };
type Fill = (text: string) => Promise<string>;

export async function createSender(server: TestServer): Promise<Sender> {
  const store = await openStore({ url: server.store });
  const audit = createAuditTrail();
  const { apiKeys, projects } = keyRoomsOn(store, { declared: declaration, audit, clock });
  const by = { actor: 'operator' };
  const { id: project_id } = await projects.create({ name: 'Team', api: orders }, by);

  const serviceToken = async (resource: string) => {
    const fields = { grant_type: 'client_credentials', resource };
    const authorization = basic('job', secret);
    const { body } = await postForm(`${server.issuer}/token`, fields, { authorization });
    return String(body.access_token);
  };
  const credentials: Record<string, () => Promise<string>> = {
    '{jwt}': () => serviceToken(orders),
    '{opaque}': () => serviceToken(notes),
    '{key}': async () => {
      const fields = { name: 'ci', api: orders, project_id, scopes: ['orders:read'] };
      return (await apiKeys.create(fields, { ...by, createdBy: 'operator' })).key;
    },
    '{assertion}': () =>
      new SignJWT({ iss: 'signer', sub: 'signer', aud: server.issuer, jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(signerKeys.privateKey),
  };
  const fill: Fill = async (text) => {
    let filled = text;
    for (const [place, make] of Object.entries(credentials)) {
      if (filled.includes(place)) filled = filled.replaceAll(place, await make());
    }
    return filled;
  };

  return {
    send: async (request) => sendRaw(server.url, await bytesOf(request, fill)),
    close: () => store.close(),
  };
}

async function bytesOf(request: MachineRequest, fill: Fill): Promise<Buffer> {
  const { method, path, framing, version = '1.1' } = request;
  const headers = await filledPairs(request.headers, fill);
  const form = new URLSearchParams(await filledPairs(request.pairs ?? [], fill)).toString();
  const content = request.text === undefined ? form : await fill(request.text);
  const lines = [
    ...[`${method} ${path} HTTP/${version}`, 'Host: cardea', 'Connection: close'],
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (framing === 'length') lines.push(`Content-Length: ${content.length}`);
  if (framing === 'chunked') lines.push('Transfer-Encoding: chunked');
  const chunk = content && `${content.length.toString(16)}\r\n${content}\r\n`;
  const body = framing === 'chunked' ? `${chunk}0\r\n\r\n` : content;
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

function filledPairs(pairs: [string, string][], fill: Fill): Promise<[string, string][]> {
  return Promise.all(
    pairs.map(async ([name, value]): Promise<[string, string]> => [name, await fill(value)]),
  );
}
