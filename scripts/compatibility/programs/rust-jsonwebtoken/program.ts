import { join } from 'node:path';
import { buildRust } from '../../installing/builds.ts';
import { apiApp } from '../../kinds/api_app.ts';

export const program = apiApp({
  id: 'rust-jsonwebtoken',
  name: 'jsonwebtoken with axum',
  registry: 'crates.io',
  version: '12.0.0',
  settings: '',
  install: buildRust,
  command: ({ folder }) => [join(folder, 'program')],
});
