// For the build of the gateway: writes the client to the path that is given, for the console. Does nothing when what is
// there is newer than what it is made of.
//
//   node into-jar.mjs <file>

import {mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import './install.mjs';

const [target] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const changedAt = (path) => statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0;
const sources = readdirSync(here('../src')).map((name) => here(`../src/${name}`));
const made = ['bundle.mjs', 'names.mjs', 'names.json', 'into-jar.mjs', 'package-lock.json', '../package.json', '../src'].map(here);
if (changedAt(target) <= Math.max(...[...sources, ...made].map(changedAt))) {
  const {asModule, bundle} = await import('./bundle.mjs');
  mkdirSync(dirname(target), {recursive: true});
  writeFileSync(target, asModule(await bundle()));
}
