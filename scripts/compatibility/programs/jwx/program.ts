import { join } from 'node:path';
import { apiApp } from '../../api_app.ts';
import { buildGo } from '../../builds.ts';

export const program = apiApp({
  id: 'jwx',
  name: 'lestrrat-go/jwx',
  registry: 'Go',
  version: '3.4.0',
  settings: '',
  install: buildGo,
  command: ({ folder }) => [join(folder, 'program')],
});
