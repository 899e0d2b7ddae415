// Builds dist/: one ES module, the same as CommonJS, one file for <script>, and the types.
//
// All three are minified, with source maps that hold the sources, because what a page pays is what counts. Members that
// are no part of the interface get short names: every member that is declared in src/ and not named in KEPT.

import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {minify} from 'terser';

/** Names that others read or write: of the interface, of the protocol, of the platform. */
const KEPT = new Set(
  `
  Broadcaster state on connect close ready wake retryNow setToken subscribe publish
  token webSocket lazy clock now random setTimeout clearTimeout
  warning error type retryIn code reason
  Handle channel position onMessage onLive onGap onCaughtUp onEnded onFailed resync since last priority overflow
  live message gap caughtUp ended failed cause count from to resumed missed
  Message id event payload createTime replayed seq json
  timeout idempotencyKey retry ordered signal
  name retryable closeCode status
  kind channels attempt
  connectionId expiresIn expiresAt pingInterval maxMessageBytes maxSubscriptions features hello client want method params
  result requestId lastSeenMessageId historyRecovered recoveredMessages lastMessageId success
  onopen onmessage onclose onerror send terminate binaryType bufferedAmount data persisted visibilityState document
  done value next return statusCode headers destroy frame abort aborted addEventListener removeEventListener encode
  constructor super if for while switch queueMicrotask
  `.split(/\s+/),
);

/** Names of the language's own objects: `join` of an array must stay `join`. */
function builtInNames() {
  const names = new Set();
  const visit = (object) => {
    for (const name of Object.getOwnPropertyNames(object)) {
      names.add(name);
    }
  };
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalThis[name];
    if (typeof value === 'function') {
      visit(value);
      value.prototype && visit(value.prototype);
    }
  }
  [Math, JSON, Reflect, Symbol].forEach(visit);
  visit([][Symbol.iterator]().__proto__);
  return names;
}

function internalNames() {
  const builtIn = builtInNames();
  const names = new Set();
  for (const file of readdirSync('src')) {
    const text = readFileSync(`src/${file}`, 'utf8');
    const member = /^ +(?:private |readonly |override )*(?:get )?([a-zA-Z]\w*)(?=[!?]?(?:[:(<]| =|;))|private (?:readonly )?(\w+)/gm;
    for (const [, declared, parameter] of text.matchAll(member)) {
      names.add(declared ?? parameter);
    }
  }
  return [...names].filter((name) => !KEPT.has(name) && !builtIn.has(name));
}

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const {version} = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', {recursive: true, force: true});
mkdirSync('dist');

const common = {
  entryPoints: ['src/index.ts'],
  bundle: true,
  minify: true,
  sourcemap: 'external',
  sourcesContent: true,
  target: 'es2020',
  define: {VERSION: JSON.stringify(version)},
  mangleProps: new RegExp(`^(${internalNames().join('|')})$`),
  legalComments: 'none',
};
// Bundled by esbuild; then terser inlines what is used once.
const {outputFiles} = await build({...common, format: 'esm', outfile: 'dist/broadcaster.js', write: false});
const output = (extension) => outputFiles.find(({path}) => path.endsWith(extension)).text;
const minified = await minify(output('.js'), {
  ecma: 2020,
  module: true,
  compress: {passes: 4, pure_getters: true, unsafe_arrows: true},
  sourceMap: {content: output('.map'), includeSources: true},
});
const [, body, names] = /^([^]*)export\{(.*)\};?\s*$/.exec(minified.code);
const exported = names.split(',').map((each) => each.split(' as '));
const assigned = (separator) => exported.map(([local, name]) => `${name}${separator}${local}`);

/** The same code in another wrapping. What stands before it has a line of its own, which the map leaves out. */
function write(file, before, after) {
  const map = JSON.parse(minified.map);
  map.file = file;
  map.mappings = (before && ';') + map.mappings;
  writeFileSync(`dist/${file}.map`, JSON.stringify(map));
  writeFileSync(`dist/${file}`, `${before && before + '\n'}${body}${after}\n//# sourceMappingURL=${file}.map\n`);
}
write('broadcaster.js', '', `export{${names}};`);
write('broadcaster.cjs', '', assigned('=').map((each) => `exports.${each}`).join(';') + ';');
write('broadcaster.min.js', 'var broadcaster=(()=>{', `return{${assigned(':').join()}}})();`);

execFileSync('node_modules/.bin/tsc', ['-p', '.', '--outDir', 'dist/types'], {stdio: 'inherit'});
// The same types for `require`, under the extension that makes them CommonJS.
mkdirSync('dist/types-cjs');
for (const file of readdirSync('dist/types')) {
  const text = readFileSync(`dist/types/${file}`, 'utf8').replace(/'\.\/([\w-]+)\.js'/g, "'./$1.cjs'");
  writeFileSync(`dist/types-cjs/${file.replace(/\.d\.ts$/, '.d.cts')}`, text);
}
