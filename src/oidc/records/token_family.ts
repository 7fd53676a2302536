/**
 * Token families: what came of one code is revoked together.
 */
import type { Artifact } from '../../storage/artifacts.ts';
import { familyOf } from '../../tokens/room.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import { rowOf } from './kinds.ts';

/**
 * The family that the request continues. Set when a refresh token is found or anything is spent; read by what writes
 * or revokes tokens of the family.
 */
const family = createRequestSlot<string>();

export const currentFamily = family.get;

/** The family that an artifact belongs to, or begins. */
export function familyOfArtifact(artifact: Artifact): string | undefined {
  if (artifact.familyId) return artifact.familyId;
  return artifact.grantId ? familyOf(artifact.grantId, artifact.id) : undefined;
}

/** The family that ends with an artifact; a spent code began one. */
export function familyEndingWith(artifact: Artifact): string | undefined {
  const { family } = rowOf(artifact.kind).ends;
  return family === 'begins' || family === 'continues' ? familyOfArtifact(artifact) : undefined;
}

/** From now on the request continues the artifact's family, where it has one. */
export function continueFamily(artifact: Artifact): void {
  const familyId = familyOfArtifact(artifact);
  if (familyId) family.set(familyId);
}
