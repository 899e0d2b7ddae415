// Two processors are enough, and the build is a test.
export default {experimental: {cpus: 2}, turbopack: {root: import.meta.dirname}};
