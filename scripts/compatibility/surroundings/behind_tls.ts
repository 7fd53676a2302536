/**
 * A Cardea whose issuer is https, for programs that take no other: behind a proxy of this script, with a certificate
 * made for the run.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../harness/free_port.ts';
import { startProcessServer } from '../../../harness/process_server.ts';
import { startTlsFront } from '../../../harness/tls_front.ts';
import { createPerson, declaredPerson } from '../person.ts';
import { run } from '../processes.ts';
import type { Person } from '../program.ts';

export type CardeaBehindTls = {
  issuer: string;
  /** Path of the certificate in PEM, which vouches for itself. */
  certificate: string;
  person: Person;
  /** What it logged so far. */
  output(): string;
  close(): Promise<void>;
};

/** `declaration`: of the clients and APIs; the person is there. */
export async function startCardeaBehindTls(declaration: object): Promise<CardeaBehindTls> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-tls-'));
  await run('openssl', certificateWords, { folder });
  const certificate = join(folder, 'certificate.pem');
  const port = await freePort();
  const front = await startTlsFront(port, {
    cert: readFileSync(certificate),
    key: readFileSync(join(folder, 'key.pem')),
  });
  const issuer = `https://localhost:${front.port}`;
  const cardea = await startProcessServer({
    ...{ issuer, port, trustedProxies: '127.0.0.1' },
    store: `sqlite:${join(folder, 'cardea.db')}`,
    declaration: { users: [declaredPerson], ...declaration },
  });
  return {
    ...{ issuer, certificate, output: cardea.output },
    // Past the proxy: fetch would not take the certificate.
    person: createPerson(issuer, ({ href }) => href.replace(issuer, cardea.url)),
    async close() {
      await Promise.all([front.close(), cardea.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const certificateWords = [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
  ...['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
  ...['-keyout', 'key.pem', '-out', 'certificate.pem'],
];
