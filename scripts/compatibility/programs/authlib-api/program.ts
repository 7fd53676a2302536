import { installPackages, pythonCommand } from '../../installing/python.ts';
import { apiApp } from '../../kinds/api_app.ts';

export const program = apiApp({
  id: 'authlib-api',
  name: 'Authlib (Flask resource protector)',
  registry: 'PyPI',
  version: '1.9.10',
  settings: '',
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
});
