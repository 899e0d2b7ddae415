declare global {
  /** Put in by the build: the version of package.json. */
  const VERSION: string;
}
export {};
