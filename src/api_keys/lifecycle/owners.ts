/**
 * Who owns a key: a project or a user. A key is not valid while its owner is disabled, deleted, or to be deleted.
 */
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ProjectRecord, ProjectStore } from '../../storage/projects.ts';
import { isUserActive, type UserRecord, type UserStore } from '../../storage/users.ts';

/** The owner that the key names; undefined also if it was deleted. */
export type Owner = { project: ProjectRecord | undefined; user: UserRecord | undefined };

export type Owners = { projects: Pick<ProjectStore, 'find'>; users: Pick<UserStore, 'find'> };

export async function findOwner(
  { projectId, userId }: ApiKeyRecord,
  { projects, users }: Owners,
): Promise<Owner> {
  const [project, user] = await Promise.all([
    projectId === undefined ? undefined : projects.find(projectId),
    userId === undefined ? undefined : users.find(userId),
  ]);
  return { project, user };
}

export function isOwnerActive(record: ApiKeyRecord, { project, user }: Owner): boolean {
  if (record.projectId !== undefined) {
    return project !== undefined && project.disabledAt === undefined && project.api === record.api;
  }
  return user !== undefined && isUserActive(user);
}
