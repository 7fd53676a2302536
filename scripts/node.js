/**
 * `node scripts/node.js [options] FILE …`: what npm scripts begin with, so that they run on the pinned Node whatever
 * the machine has. npm 10 and older do not link its binary where a script would find it as `node`.
 */
import { runOnPinnedNode } from '../bin/pinned_node.js';

runOnPinnedNode(process.argv.slice(2));
