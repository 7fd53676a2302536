import { installPackages, pythonCommand } from '../../installing/python.ts';
import { apiApp } from '../../kinds/api_app.ts';

export const program = apiApp({
  id: 'joserfc',
  name: 'joserfc (Starlette)',
  registry: 'PyPI',
  version: '1.8.0',
  settings: '',
  install: installPackages,
  command: (place) =>
    pythonCommand(place, '-m', 'uvicorn', 'app:app', '--port', String(place.port)),
});
