import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';

export default defineConfig({
  define: {VERSION: JSON.stringify('0.0.0-test')},
  resolve: {alias: {'@broadcaster/client': fileURLToPath(new URL('../src/index.ts', import.meta.url))}},
  test: {include: ['test/**/*.test.tsx'], pool: 'threads'},
});
