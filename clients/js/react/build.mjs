// Builds dist/: an ES module, the same as CommonJS, and the types. The package of the client is built before.

import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import '../bundle/install.mjs';

const {build} = await import('../bundle/bundle.mjs');

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
rmSync('dist', {recursive: true, force: true});

const common = {
  entryPoints: ['src/index.ts'],
  bundle: true,
  minify: true,
  sourcemap: true,
  target: 'es2020',
  external: ['react', '@broadcaster/client'],
  // Server components need to know before they read on.
  banner: {js: "'use client';"},
};
await build({...common, format: 'esm', outfile: 'dist/react.js'});
await build({...common, format: 'cjs', outfile: 'dist/react.cjs'});
execFileSync('../node_modules/.bin/tsc', ['-p', '.'], {stdio: 'inherit'});
mkdirSync('dist/types-cjs');
for (const file of readdirSync('dist/types')) {
  const text = readFileSync(`dist/types/${file}`, 'utf8').replace(/'\.\/([\w-]+)\.js'/g, "'./$1.cjs'");
  writeFileSync(`dist/types-cjs/${file.replace(/\.d\.ts$/, '.d.cts')}`, text);
}
