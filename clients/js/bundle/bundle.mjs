// Makes one minified ES module of src/, with the source map that belongs to it.
//
// Minified in every format, because what a page pays is what counts. Members that are no part of the interface get short
// names: every member that is declared in src/ and not named in KEPT. The same sources make the same bytes.

import {readFileSync, readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {minify} from 'terser';

/** The package of the client: its sources, its version. */
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = `${PACKAGE}src`;

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
  for (const file of readdirSync(SOURCES)) {
    const text = readFileSync(`${SOURCES}/${file}`, 'utf8');
    const member = /^ +(?:private |readonly |override )*(?:get )?([a-zA-Z]\w*)(?=[!?]?(?:[:(<]| =|;))|private (?:readonly )?(\w+)/gm;
    for (const [, declared, parameter] of text.matchAll(member)) {
      names.add(declared ?? parameter);
    }
  }
  return [...names].filter((name) => !KEPT.has(name) && !builtIn.has(name));
}

/** `body` is the code without its export clause, `names` what stands in that: `local as exported`, with commas between. */
export async function bundle() {
  const {version} = JSON.parse(readFileSync(`${PACKAGE}package.json`, 'utf8'));
  // Bundled by esbuild; then terser inlines what is used once.
  const {outputFiles} = await build({
    absWorkingDir: PACKAGE,
    entryPoints: ['src/index.ts'],
    bundle: true,
    minify: true,
    sourcemap: 'external',
    sourcesContent: true,
    target: 'es2020',
    define: {VERSION: JSON.stringify(version)},
    mangleProps: new RegExp(`^(${internalNames().join('|')})$`),
    legalComments: 'none',
    format: 'esm',
    outfile: 'dist/broadcaster.js',
    write: false,
  });
  const output = (extension) => outputFiles.find(({path}) => path.endsWith(extension)).text;
  const minified = await minify(output('.js'), {
    ecma: 2020,
    module: true,
    compress: {passes: 4, pure_getters: true, unsafe_arrows: true},
    sourceMap: {content: output('.map'), includeSources: true},
  });
  const [, body, names] = /^([^]*)export\{(.*)\};?\s*$/.exec(minified.code);
  return {body, names, map: minified.map};
}

/** The ES module. */
export const asModule = ({body, names}) => `${body}export{${names}};\n`;

export {build};
