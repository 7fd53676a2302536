/**
 * A project as the admin API shows it.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { projectChangeSchema } from '../../projects/room.ts';
import type { ProjectRecord } from '../../storage/projects.ts';
import { instant, viewOnly } from '../schemas.ts';

export const projectSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    api: z.string().describe('The API that its keys are for.'),
    scopes: z.array(z.string()).nullable().describe('The most that its keys may have; null: all.'),
    tier: z.string().nullable().describe('Null: the default tier.'),
    owner_id: z.string().nullable(),
    member_ids: z.array(z.string()),
    enabled: z.boolean(),
    disabled_at: instant.optional(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Project' });

/** What a view has besides what a write takes. A write that brings it back changes nothing of it. */
const ownMembers = ['id', 'api', 'enabled', 'disabled_at', 'created_at', 'updated_at'];

/** What one is replaced by. */
export const projectReplacement = z
  .strictObject({ ...projectChangeSchema.shape, ...viewOnly(ownMembers) })
  .meta({ id: 'ProjectReplacement' });

/** The members of what was sent that a change may have. */
export function changesIn(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !ownMembers.includes(name)));
}

export function projectView(record: ProjectRecord): z.input<typeof projectSchema> {
  const { id, name, api, scopes, tier, ownerId, memberIds, disabledAt } = record;
  return {
    ...{ id, name, api, scopes: scopes ?? null, tier: tier ?? null, owner_id: ownerId ?? null },
    ...{ member_ids: memberIds, enabled: disabledAt === undefined },
    ...(disabledAt !== undefined && { disabled_at: iso(disabledAt) }),
    created_at: iso(record.createdAt) ?? '',
    updated_at: iso(record.updatedAt) ?? '',
  };
}
