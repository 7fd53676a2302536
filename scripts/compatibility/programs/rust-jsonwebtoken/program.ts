import { join } from 'node:path';
import { apiApp } from '../../api_app.ts';
import { buildRust } from '../../builds.ts';

export const program = apiApp({
  id: 'rust-jsonwebtoken',
  name: 'jsonwebtoken with axum',
  registry: 'crates.io',
  version: '12.0.0',
  settings: '',
  install: buildRust,
  command: ({ folder }) => [join(folder, 'program')],
});
