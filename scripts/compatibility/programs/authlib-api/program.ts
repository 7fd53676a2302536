import { apiApp } from '../../api_app.ts';
import { installPackages, pythonCommand } from '../../python.ts';

export const program = apiApp({
  id: 'authlib-api',
  name: 'Authlib (Flask resource protector)',
  registry: 'PyPI',
  version: '1.9.10',
  settings: '',
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
});
