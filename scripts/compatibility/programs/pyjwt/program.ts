import { installPackages, pythonCommand } from '../../installing/python.ts';
import { apiApp } from '../../kinds/api_app.ts';

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
