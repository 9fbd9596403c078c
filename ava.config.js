export default {
  extensions: ['ts'],
  files: ['**/*.test.ts', '!dist/**'],
  timeout: '5m',
};
