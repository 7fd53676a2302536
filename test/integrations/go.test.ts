/** docs/integrations/verify-in-go.md */
import { join } from 'node:path';
import { cacheFolder, NotHere, run } from './programs.ts';
import { recipeSuite } from './recipe_suite.ts';

await recipeSuite({
  language: 'go',
  async prepare(folder) {
    const env = { GOCACHE: await cacheFolder('go'), GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    const [, minor = '0'] = /go1\.(\d+)/.exec(await run('go', ['version'], { folder, env })) ?? [];
    if (Number(minor) < 21) throw new NotHere('the Go of this machine is older than 1.21');
    await run('go', ['vet', '.'], { folder, env });
    await run('go', ['build', '-o', 'orders', '.'], { folder, env });
    return [join(folder, 'orders')];
  },
});
