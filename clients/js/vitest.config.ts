import {defineConfig} from 'vitest/config';

export default defineConfig({
  define: {VERSION: JSON.stringify('0.0.0-test')},
  // A busy machine takes longer than the default of 5 s for a property.
  test: {include: ['test/**/*.test.ts'], pool: 'threads', testTimeout: 60_000},
});
