import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { apiApp } from '../../kinds/api_app.ts';

export const program = apiApp({
  id: 'jwx',
  name: 'lestrrat-go/jwx',
  registry: 'Go',
  version: '3.4.0',
  settings: '',
  install: buildGo,
  command: ({ folder }) => [join(folder, 'program')],
});
