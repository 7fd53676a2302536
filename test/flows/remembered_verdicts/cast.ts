/** Who takes part in one run, all of them new: two clients, a person, a project. And what happened to them so far. */
import assert from 'node:assert/strict';
import { randomId } from '../../../src/digests.ts';
import { postForm } from '../../support/flows.ts';
import { clientMetadata, orders, person } from './configuration.ts';
import { type Credential, credentialsIn, type Fact } from './facts.ts';
import type { Stage } from './stage.ts';

export const by = { actor: 'operator' };

export type Cast = {
  stage: Stage;
  facts: Fact[];
  clients: [string, string];
  user: { id: string; username: string; password: string };
  project: string;
  /** Keeps the fact, under a name that tells what it is. */
  issued(credential: Omit<Credential, 'name'>): void;
};

export async function assemble(stage: Stage): Promise<Cast> {
  const id = randomId(6);
  const facts: Fact[] = [];
  const newClient = async (clientId: string) => {
    const { secret = '' } = await stage.clients.create({ clientId, metadata: clientMetadata });
    facts.push({ did: 'set secret', client: clientId, secret, overlap: false });
    return clientId;
  };
  const clients: [string, string] = [await newClient(`one-${id}`), await newClient(`two-${id}`)];
  const known = await stage.store.users.findByUsername(person.username);
  assert.ok(known);
  const user = { id: `user-${id}`, username: `user-${id.toLowerCase()}` };
  const record = { ...known, ...user, email: undefined, declaredHash: undefined, version: 1 };
  await stage.store.users.create(record);
  const project = await stage.projects.create({ name: `Team ${id}`, api: orders }, by);
  return {
    ...{ stage, facts, clients, project: project.id },
    user: { ...user, password: person.password },
    issued(credential) {
      const name = `${credential.kind} ${credentialsIn(facts).length}`;
      facts.push({ did: 'issue', credential: { ...credential, name } });
    },
  };
}

/** A node that has just heard that its signing key is revoked asks to try again in a moment (503). */
export async function postUntilServed(
  ...request: Parameters<typeof postForm>
): ReturnType<typeof postForm> {
  const answer = await postForm(...request);
  return answer.status === 503 ? postUntilServed(...request) : answer;
}
