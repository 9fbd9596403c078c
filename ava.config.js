export default {
  extensions: ['ts'],
  files: ['**/*.test.ts', '!dist/**'],
  // So long without a test that ends, and the run is given up. A test's own `t.timeout` has to be
  // shorter: AVA lets this one pass without effect, once and for all, while such a one is on.
  timeout: '10m',
};
