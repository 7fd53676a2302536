import { apiApp } from '../../api_app.ts';
import { installPackages, pythonCommand } from '../../python.ts';

export const program = apiApp({
  id: 'pyjwt',
  name: 'PyJWT (FastAPI)',
  registry: 'PyPI',
  version: '2.15.1',
  settings: '',
  install: installPackages,
  command: (place) =>
    pythonCommand(place, '-m', 'uvicorn', 'app:app', '--port', String(place.port)),
});
