// Both packages in a Next.js application, as npm installs them: it builds, and its pages are rendered on the server.
//
//   node test/next.mjs     after the builds

import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const project = here('next/');
const run = (command, ...args) =>
  execFileSync(command, args, {cwd: project, stdio: ['ignore', 'ignore', 'inherit'], env: {...process.env, NEXT_TELEMETRY_DISABLED: '1'}});

if (!existsSync(`${project}node_modules/next`)) {
  run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
}
for (const [name, root] of [['client', here('../')], ['react', here('../react/')]]) {
  mkdirSync(`${project}node_modules/@broadcaster/${name}`, {recursive: true});
  ['dist', 'package.json'].forEach((file) => cpSync(root + file, `${project}node_modules/@broadcaster/${name}/${file}`, {recursive: true}));
}
const page = readFileSync(here('../../../docs/clients/javascript.md'), 'utf8');
const [, block] = /## Next\.js[^]*?```jsx\n([^]*?)```/.exec(page);
writeFileSync(`${project}app/lobby.jsx`, block);
run('node_modules/.bin/next', 'build');

for (const [file, text] of [['index', '<h1>lobby</h1><ul></ul>'], ['hooks', '<h1>hooks</h1><p>idle 0</p>']]) {
  const html = readFileSync(`${project}.next/server/app/${file}.html`, 'utf8');
  if (!html.includes(text)) {
    throw new Error(`${file}.html does not have ${text}: ${html}`);
  }
  console.log(`ok     Next.js renders ${file}`);
}
