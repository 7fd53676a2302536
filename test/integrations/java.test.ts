/** docs/integrations/verify-in-java.md */
import { delimiter, join } from 'node:path';
import { cacheFolder, NotHere, run } from './programs.ts';
import { recipeSuite } from './recipe_suite.ts';

await recipeSuite({
  language: 'java',
  async prepare(folder) {
    const version = await run('javac', ['-version'], { folder });
    if (Number(/javac (\d+)/.exec(version)?.[1] ?? 0) < 17) {
      throw new NotHere('the Java of this machine is older than 17');
    }
    const repository = `-Dmaven.repo.local=${await cacheFolder('maven')}`;
    const maven = (...goals: string[]) => ['--batch-mode', '--quiet', repository, ...goals];
    await run('mvn', maven('dependency:copy-dependencies'), { folder, mayFail: true });
    await run('mvn', maven('compile'), { folder });
    const target = join(folder, 'target');
    const classes = [join(target, 'classes'), join(target, 'dependency', '*')].join(delimiter);
    return ['java', '-cp', classes, 'OrdersApi'];
  },
});
