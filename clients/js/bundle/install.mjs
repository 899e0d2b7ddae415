// Installs esbuild and terser, in the versions of package-lock.json, unless they are there.

import {execFileSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const OLDEST_NODE = 20;

const changedAt = (name) => statSync(new URL(name, import.meta.url), {throwIfNoEntry: false})?.mtimeMs ?? 0;

const [major] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE) {
  console.error(`Node ${process.versions.node} (expected: ${OLDEST_NODE} or newer)`);
  process.exit(1);
}
if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  // Nothing of it needs its install scripts: the platform's esbuild is a package of its own.
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32', // there npm is a script
  });
}
