/** What an operator changes: clients and their secrets, the person, the project, API keys; and a node that comes anew. */
import { CardeaError } from '../../../src/errors.ts';
import { by, type Cast } from './cast.ts';
import { clientMetadata, clientScope, notes, orders } from './configuration.ts';
import { isEnabled } from './facts.ts';
import { livingOf } from './issuing.ts';
import type { Step } from './steps.ts';

/** Disabled where it is enabled, and the other way round. */
export async function toggleClient({ stage, facts, clients }: Cast, { which, more }: Step) {
  const id = clients[which % 2] ?? '';
  if (isEnabled(facts, 'client', id)) {
    await (more ? stage.clients.remove(id) : stage.clients.disable(id));
    facts.push({ did: 'end', what: { client: id } }, { did: 'disable', kind: 'client', id });
    return;
  }
  if (await stage.clients.find(id)) await stage.clients.enable(id);
  else {
    const { secret = '' } = await stage.clients.create({ clientId: id, metadata: clientMetadata });
    facts.push(
      { did: 'set secret', client: id, secret, overlap: false },
      { did: 'restrict', client: id, scope: clientScope.split(' '), hasNotes: true },
    );
  }
  facts.push({ did: 'enable', kind: 'client', id });
}

export async function rotateSecret({ stage, facts, clients }: Cast, { which, more }: Step) {
  const id = clients[which % 2] ?? '';
  if (!(await stage.clients.find(id))) return;
  const overlapSeconds = more ? 3600 : 0;
  const { secret = '' } = await stage.clients.rotateSecret(id, { overlapSeconds });
  facts.push({ did: 'set secret', client: id, secret, overlap: more });
}

/** Takes a scope or an API from a client, or gives everything back. */
export async function restrictClient({ stage, facts, clients }: Cast, { which, more }: Step) {
  const id = clients[which % 2] ?? '';
  if (!(await stage.clients.find(id))) return;
  const isWhole = which % 3 === 0;
  const taken = isWhole ? [] : [more ? 'notes:read' : 'orders:write'];
  const scope = clientScope.split(' ').filter((word) => !taken.includes(word));
  const hasNotes = !taken.includes('notes:read');
  const apis = hasNotes ? [orders, notes] : [orders];
  await stage.clients.update(id, { scope: scope.join(' '), apis });
  facts.push({ did: 'restrict', client: id, scope, hasNotes });
}

export async function toggleUser({ stage, facts, user: { id } }: Cast) {
  if (isEnabled(facts, 'user', id)) {
    await stage.users.disable(id, by);
    facts.push({ did: 'end', what: { user: id } }, { did: 'disable', kind: 'user', id });
  } else {
    await stage.users.enable(id, by);
    facts.push({ did: 'enable', kind: 'user', id });
  }
}

export async function toggleProject({ stage, facts, project: id }: Cast) {
  if (isEnabled(facts, 'project', id)) {
    await stage.projects.disable(id, by);
    facts.push({ did: 'end', what: { project: id } }, { did: 'disable', kind: 'project', id });
  } else {
    await stage.projects.enable(id, by);
    facts.push({ did: 'enable', kind: 'project', id });
  }
}

export async function disableApiKey(cast: Cast, step: Step) {
  const key = livingOf(cast, step, ({ kind }) => kind === 'key');
  if (!key?.apiKey) return;
  await cast.stage.apiKeys.disable(key.apiKey, by);
  const { apiKey: id } = key;
  cast.facts.push({ did: 'end', what: { apiKey: id } }, { did: 'disable', kind: 'apiKey', id });
}

export async function enableApiKeys({ stage, facts }: Cast) {
  for (const fact of facts.slice()) {
    if (fact.did !== 'disable' || fact.kind !== 'apiKey') continue;
    const { id } = fact;
    const enabled = await unlessRefused(stage.apiKeys.enable(id, by));
    if (enabled) facts.push({ did: 'enable', kind: 'apiKey', id });
  }
}

export async function rotateApiKey(cast: Cast, step: Step) {
  const key = livingOf(cast, step, ({ kind }) => kind === 'key');
  if (!key?.apiKey) return;
  const { apiKey, user, project, api } = key;
  const overlap = step.more ? 3600 : 0;
  const making = { ...by, createdBy: 'operator' };
  const rotated = await unlessRefused(cast.stage.apiKeys.rotate(apiKey, { overlap }, making));
  if (!rotated) return;
  if (!step.more) cast.facts.push({ did: 'end', what: { apiKey }, of: 'keys' });
  const { key: value, successor } = rotated;
  cast.issued({ kind: 'key', value, api, apiKey: successor.id, user, project });
}

export async function restartNode({ stage, facts }: Cast, { node }: Step) {
  await stage.restart(node);
  facts.push({ did: 'restart', node });
}

/** Undefined where the key has ended, or is a party of another rotation. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CardeaError && error.status === 409) return undefined;
    throw error;
  }
}
