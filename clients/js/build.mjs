// Builds dist/: one ES module, the same as CommonJS, one file for <script>, and the types. All three have source maps that
// hold the sources.

import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import './bundle/install.mjs';

const {asModule, bundle} = await import('./bundle/bundle.mjs');

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
rmSync('dist', {recursive: true, force: true});
mkdirSync('dist');

const made = await bundle();
const exported = made.names.split(',').map((each) => each.split(' as ')).map(([local, name = local]) => [local, name]);
const assigned = (separator) => exported.map(([local, name]) => `${name}${separator}${local}`);

/** The same code in another wrapping. What stands before it has a line of its own, which the map leaves out. */
function write(file, before, code) {
  const map = JSON.parse(made.map);
  map.file = file;
  map.mappings = (before && ';') + map.mappings;
  writeFileSync(`dist/${file}.map`, JSON.stringify(map));
  writeFileSync(`dist/${file}`, `${before && before + '\n'}${code}\n//# sourceMappingURL=${file}.map\n`);
}
write('broadcaster.js', '', asModule(made).trimEnd());
write('broadcaster.cjs', '', `${made.body}${assigned('=').map((each) => `exports.${each}`).join(';')};`);
write('broadcaster.min.js', 'var broadcaster=(()=>{', `${made.body}return{${assigned(':').join()}}})();`);

execFileSync('node_modules/.bin/tsc', ['-p', '.', '--outDir', 'dist/types'], {stdio: 'inherit'});
// The same types for `require`, under the extension that makes them CommonJS.
mkdirSync('dist/types-cjs');
for (const file of readdirSync('dist/types')) {
  const text = readFileSync(`dist/types/${file}`, 'utf8').replace(/'\.\/([\w-]+)\.js'/g, "'./$1.cjs'");
  writeFileSync(`dist/types-cjs/${file.replace(/\.d\.ts$/, '.d.cts')}`, text);
}
