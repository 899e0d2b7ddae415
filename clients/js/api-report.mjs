// The public interface of both packages, taken from their d.ts, held to api.txt: a change of it is seen in a review.
//
//   node api-report.mjs [--write]     after the builds

import {readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

const packages = [import.meta.dirname, join(import.meta.dirname, 'react')];
const write = process.argv.includes('--write');

/** The statements of a module of declarations: each begins in the first column, with the comment before it. */
function statements(text) {
  const found = [];
  let lines = [];
  for (const line of text.split('\n')) {
    lines.push(line);
    if (/^\S.*;$|^\}$/.test(line)) {
      found.push(lines.join('\n').trim());
      lines = [];
    }
  }
  return found;
}

const read = (file) => statements(readFileSync(file, 'utf8'));
const nameOf = (statement) => /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/m.exec(statement)?.[1];

/** What a module exports: `export {a, type b} from './c.js'` and its own declarations. */
function exported(file) {
  return read(file).flatMap((statement) => {
    const [, names, from] = /^export (?:type )?\{([^}]*)\} from '([^']+)'/m.exec(statement) ?? [];
    if (!from) {
      return /^export (?!\{)/m.test(statement) ? [statement] : [];
    }
    const wanted = names.split(',').map((name) => name.trim().replace(/^type /, '')).filter(Boolean);
    const own = read(join(dirname(file), from.replace(/\.js$/, '.d.ts')));
    return wanted.flatMap((name) => {
      const declared = own.filter((each) => nameOf(each) === name);
      if (declared.length === 0) {
        throw new Error(`${file}: there is no declaration of ${name} in ${from}`);
      }
      return declared;
    });
  });
}

/** The declarations that these refer to, and that are no exports themselves: users see them too. */
function referred(root, declared) {
  const types = join(root, 'dist/types');
  const others = readdirSync(types).filter((file) => file.endsWith('.d.ts')).flatMap((file) => read(join(types, file)));
  const found = [...declared];
  for (const statement of found) {
    for (const other of others) {
      const name = nameOf(other);
      if (name && new RegExp(`[:&|<(] *(?:typeof )?${name}\\b`).test(withoutComments(statement)) && !found.some((each) => nameOf(each) === name)) {
        found.push(other.replace(/^export /m, ''));
      }
    }
  }
  return found;
}

const withoutComments = (text) => text.replace(/\/\*[^]*?\*\//g, '').replace(/private readonly [^;]*;/g, '');

let changed = false;
for (const root of packages) {
  const report = `${referred(root, exported(join(root, 'dist/types/index.d.ts'))).sort((a, b) => nameOf(a).localeCompare(nameOf(b))).join('\n\n')}\n`;
  const file = join(root, 'api.txt');
  if (write) {
    writeFileSync(file, report);
    continue;
  }
  const committed = readFileSync(file, 'utf8');
  if (report !== committed) {
    changed = true;
    const [before, now] = [committed, report].map((text) => new Set(text.split('\n')));
    console.error(`${file} is not the interface any more:`);
    [...before].filter((line) => !now.has(line)).forEach((line) => console.error(`- ${line}`));
    [...now].filter((line) => !before.has(line)).forEach((line) => console.error(`+ ${line}`));
  }
}
if (changed) {
  console.error('If it is meant: node api-report.mjs --write, and a line in CHANGELOG.md.');
  process.exit(1);
}
