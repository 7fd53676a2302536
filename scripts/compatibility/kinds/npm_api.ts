/** Programs from npm that are an API: main.js in the `app/` of their folder. */
import { join } from 'node:path';
import { idAndVersion, installNpm, type NpmPackage } from '../installing/npm.ts';
import type { Program } from '../program.ts';
import { apiApp } from './api_app.ts';

export function npmApi(about: NpmPackage & Pick<Program, 'name' | 'settings'>): Program {
  return apiApp({
    ...about,
    ...idAndVersion(about),
    registry: 'npm',
    install: ({ folder }) => installNpm(join(folder, 'app')),
    command: () => [process.execPath, join('app', 'main.js')],
  });
}
