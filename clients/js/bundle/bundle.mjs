// Makes one minified ES module of src/, with the source map that belongs to it.
//
// Minified in every format, because what a page pays is what counts. Members that are no part of the interface get short
// names: every member that is declared in src/ and not named in KEPT. The same sources make the same bytes.

import {readFileSync, readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {minify, minify_sync} from 'terser';
import {RESERVED, digest, memberPlaceholder, nameAll, save, search, stored} from './names.mjs';

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
  onopen onmessage onclose onerror send terminate binaryType bufferedAmount data persisted hidden document
  messages done value next return statusCode headers destroy frame abort aborted addEventListener removeEventListener encode
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

const COMPRESS = {passes: 4, pure_getters: true, unsafe_arrows: true};
const FORMAT = {ecma: 2020, module: true};

/** With the tree asked for, or printing would take it to pieces. */
const print = (ast) => minify_sync(ast, {...FORMAT, compress: false, mangle: false, format: {ast: true, code: true}}).code;

/** Bundled and compressed, with the names of the sources but for members: the tree, and the map to the sources. */
async function compressed(members = stored().members) {
  const {version} = JSON.parse(readFileSync(`${PACKAGE}package.json`, 'utf8'));
  // Bundled by esbuild; then terser inlines what is used once.
  const names = internalNames();
  const {outputFiles} = await build({
    absWorkingDir: PACKAGE,
    entryPoints: ['src/index.ts'],
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'external',
    sourcesContent: true,
    target: 'es2020',
    define: {VERSION: JSON.stringify(version)},
    mangleProps: new RegExp(`^(${names.join('|')})$`),
    mangleCache: Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name))),
    legalComments: 'none',
    charset: 'utf8',
    format: 'esm',
    outfile: 'dist/broadcaster.js',
    write: false,
  });
  const output = (extension) => outputFiles.find(({path}) => path.endsWith(extension)).text;
  const {ast} = await minify(output('.js'), {...FORMAT, compress: COMPRESS, mangle: false, format: {ast: true, code: false}});
  return {ast, map: output('.map')};
}

/** Writes names.json. Returns the size. */
export async function chooseNames(tries) {
  const names = internalNames();
  const {ast} = await compressed(Object.fromEntries(names.map((name, i) => [name, memberPlaceholder(i)])));
  const old = stored();
  const before = [...old.locals, ...names.map((name) => old.members[name])];
  const {text, size, locals, members} = search(ast, names.length, print, tries, before);
  const chosen = Object.fromEntries(names.map((name, i) => [name, members[i]]));
  save({digest: digest((await compressed(chosen)).ast, print), members: chosen, locals});
  const made = asModule(await bundle());
  // What was tried is what is built, up to `{a: a}`, which is built as `{a}`.
  const plain = (code) => code.replace(/(?<![\w$])([\w$]+):\1(?![\w$])/g, '$1').replace(/[;\s]*$/, '');
  if (plain(made) !== plain(text)) {
    throw new Error('the build differs from what was tried');
  }
  return size;
}

/** `body` is the code without its export clause, `names` what stands in that: `local as exported`, with commas between. */
export async function bundle() {
  const {ast, map} = await compressed();
  const named = nameAll(ast, print);
  named || console.error('bundle/names.json is for other sources: node bundle/choose-names.mjs chooses names for these');
  const minified = await minify(ast, {
    ...FORMAT,
    compress: false,
    mangle: !named && {reserved: RESERVED},
    sourceMap: {content: map},
  });
  // Terser has no sources where it is given a tree.
  const {sources, sourcesContent} = JSON.parse(map);
  const merged = JSON.parse(minified.map);
  merged.sourcesContent = merged.sources.map((name) => sourcesContent[sources.indexOf(name)]);
  const [, body, names] = /^([^]*)export\{(.*)\};?\s*$/.exec(minified.code);
  return {body, names, map: JSON.stringify(merged)};
}

/** The ES module. */
export const asModule = ({body, names}) => `${body}export{${names}};\n`;

export {build};
