/**
 * Addresses of the pages of projects, below `/console`.
 */
export const projectsPath = '/projects';
/** Not below it: a project is also found by its name, which may be any. */
export const newProjectPath = '/new-project';

export function projectPath(projectId: string, below = ''): `/${string}` {
  return `${projectsPath}/${encodeURIComponent(projectId)}${below}`;
}

export const toProjects = { label: 'Projects', href: projectsPath };

export function trailTo({ id, name }: { id: string; name: string }) {
  return [toProjects, { label: name, href: projectPath(id) }];
}
