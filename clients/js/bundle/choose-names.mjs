// node choose-names.mjs [tries]: see names.mjs. Prints the size, without what the build adds.

import './install.mjs';

const {chooseNames} = await import('./bundle.mjs');
console.log(await chooseNames(Number(process.argv[2] ?? 100_000)));
