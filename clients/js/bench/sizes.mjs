// Bytes that a page pays for each client, measured in one way: everything that the package exports, bundled and minified
// by esbuild for browsers of 2020, then gzip -9. Beside it what the package ships ready for <script>, where there is such.
//
//   node bench/sizes.mjs     after the builds; installs the other clients in a temporary folder

import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from '../bundle/bundle.mjs';

const OTHERS = {centrifuge: '5.7.4', 'pusher-js': '8.6.0', phoenix: '1.8.16'};
const SHIPPED = {
  '@broadcaster/client': 'dist/broadcaster.min.js',
  centrifuge: 'dist/centrifuge.js',
  'pusher-js': 'dist/web/pusher.min.js',
  phoenix: 'priv/static/phoenix.min.js',
};
const here = (path) => new URL(path, import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'sizes-'));
const gzipped = (bytes) => gzipSync(bytes, {level: 9}).length;

try {
  writeFileSync(join(work, 'package.json'), JSON.stringify({dependencies: OTHERS}));
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {cwd: work});
  const alias = {'@broadcaster/client': here('../dist/broadcaster.js'), '@broadcaster/react': here('../react/dist/react.js')};
  for (const name of ['@broadcaster/client', '@broadcaster/react', ...Object.keys(OTHERS)]) {
    const {outputFiles} = await build({
      stdin: {contents: `import * as all from '${name}'; globalThis.all = all;`, resolveDir: work},
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      target: 'es2020',
      platform: 'browser',
      legalComments: 'none',
      logLevel: 'error',
      external: ['react', 'react-dom'],
      alias,
    });
    const root = name === '@broadcaster/client' ? here('../') : join(work, 'node_modules', name);
    const shipped = SHIPPED[name] && join(root, SHIPPED[name]);
    const [{contents}] = outputFiles;
    console.log(
      `${name.padEnd(20)} bundled ${String(gzipped(contents)).padStart(6)} bytes gzipped (${contents.length})` +
        (shipped && existsSync(shipped) ? `; shipped ${gzipped(readFileSync(shipped))} (${readFileSync(shipped).length}) ${SHIPPED[name]}` : ''),
    );
  }
} finally {
  rmSync(work, {recursive: true, force: true});
}
