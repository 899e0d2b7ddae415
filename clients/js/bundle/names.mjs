// Short names for what the bundle declares, chosen for gzip: the minifier gives each function the same few names, which is
// shortest as text; which of them stands where decides how well it is compressed, and that can only be tried.
//
//   node choose-names.mjs [tries]     tries so often, and writes the best names to names.json; after any change of src/
//
// It begins with the names of names.json where they fit, so that it can be called again for better ones.
// The build takes them from there, so that the same sources make the same bytes. Names for other sources are not used: the
// bundle is then larger by about 300 bytes, and the test of its size says so.

import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const FILE = fileURLToPath(new URL('names.json', import.meta.url));
const LETTERS = [...'etnrosialdcufhpgmvwybkSxEMTPONjIUzqAJCLRBDWKFVHGQXYZ_$'];
/** For those that find no letter. */
const PAIRS = [...'etnr'].flatMap((first) => LETTERS.map((second) => first + second)).filter((pair) => pair !== 'of');

/** The class keeps its name: it is seen where a client is printed. */
export const RESERVED = ['Broadcaster'];

/** A declared name: a definition of terser's, and the others that must not have the same name. */
function declared(ast) {
  ast.figure_out_scope({module: true, toplevel: true});
  const definitions = new Map();
  const scopes = new Set();
  const visitor = {
    push() {},
    pop() {},
    _visit(node, descend) {
      node.enclosed && scopes.add(node);
      node.thedef?.orig && !node.thedef.undeclared && !RESERVED.includes(node.thedef.name) && definitions.set(node.thedef, new Set());
      node.block_scope && scopes.add(node.block_scope);
      descend?.call(node);
    },
  };
  ast._walk(visitor);
  for (const scope of scopes) {
    const here = [...definitions.keys()].filter((each) => scope.variables.get(each.name) === each);
    for (const one of here) {
      for (const other of new Set([...scope.enclosed, ...here])) {
        if (other !== one && definitions.has(other)) {
          definitions.get(one).add(other);
          definitions.get(other).add(one);
        }
      }
    }
  }
  return definitions;
}

/** Of all but the version, so that a release keeps its names. */
const digestOf = (text) => createHash('sha256').update(text.replace(/"js\/[^"]*"/, '')).digest('hex');
const placeholder = (i) => `$local${i}$`;
/** The same for a member, put in before the code is compressed: as short as a name, because that is weighed then. */
export const memberPlaceholder = (i) => String.fromCharCode(0x4e00 + i);

/** Gives the definitions of the tree the names of names.json, when those are for it. `print` makes text of the tree. */
export function nameAll(ast, print) {
  const {digest: wanted, locals} = stored();
  const fits = wanted === digest(ast, print);
  [...declared(ast).keys()].forEach((each, i) => (each.mangled_name = fits ? locals[i] : null));
  return fits;
}

export function stored() {
  return JSON.parse(readFileSync(FILE));
}

/** Tries so often. The tree has placeholders for so many members; `before` are names to begin with. */
export function search(ast, memberCount, print, tries, before) {
  const conflicts = declared(ast);
  const definitions = [...conflicts.keys()];
  definitions.forEach((each, i) => (each.mangled_name = placeholder(i)));
  // The text, and the numbers of the names in it, in turn; those of members come after those of locals.
  const numbered = print(ast).replace(/[\u4e00-\u9fff]/g, (member) => placeholder(definitions.length + member.charCodeAt(0) - 0x4e00));
  const parts = numbered.split(/\$local(\d+)\$/);
  const others = definitions.map((each) => [...conflicts.get(each)].map((other) => definitions.indexOf(other)));
  const members = Array.from({length: memberCount}, (_, i) => definitions.length + i);
  others.push(...members.map((each) => members.filter((other) => other !== each)));
  const render = (names) => parts.map((part, i) => (i % 2 ? names[part] : part)).join('');
  const size = (names) => gzipSync(render(names), {level: 9}).length;

  // At first, one letter for all that have a name in the sources, as far as it goes.
  const uses = definitions.map(({orig, references}) => orig.length + references.length);
  const order = definitions.map((_, i) => i).sort((a, b) => uses[b] - uses[a]);
  let names = [];
  const preferred = new Map();
  for (const i of order) {
    const free = LETTERS.filter((letter) => others[i].every((other) => names[other] !== letter));
    const {name} = definitions[i];
    names[i] = free.includes(preferred.get(name)) ? preferred.get(name) : free[0] ?? PAIRS.find((pair) => others[i].every((other) => names[other] !== pair));
    preferred.has(name) || preferred.set(name, names[i]);
  }
  members.forEach((i, at) => (names[i] = LETTERS[at] ?? PAIRS[at]));
  if (before.length === names.length && before.every((name, i) => name && others[i].every((other) => before[other] !== name))) {
    names = before;
  }
  let best = size(names);
  let seed = 1;
  const upTo = (n) => Math.floor(((seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) / 0x80000000) * n);
  for (let i = 0; i < tries; i++) {
    // Two letters change places in all that this one conflicts with.
    const first = upTo(names.length);
    const [from, to] = [names[first], LETTERS[upTo(LETTERS.length)]];
    const next = [...names];
    const queue = [first];
    for (const seen = new Set(queue); queue.length > 0; ) {
      const at = queue.pop();
      next[at] = names[at] === from ? to : from;
      for (const other of others[at]) {
        if (!seen.has(other) && names[other] === next[at]) {
          seen.add(other);
          queue.push(other);
        }
      }
    }
    const found = size(next);
    if (found <= best) {
      best = found;
      names = next;
    }
  }
  return {text: render(names), locals: names.slice(0, definitions.length), members: names.slice(definitions.length), size: best};
}

/** What names.json is for. */
export function digest(ast, print) {
  [...declared(ast).keys()].forEach((each, i) => (each.mangled_name = placeholder(i)));
  return digestOf(print(ast));
}

export const save = (names) => writeFileSync(FILE, JSON.stringify(names) + '\n');
