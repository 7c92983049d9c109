import config from './playwright.config.ts';

// `make screenshots` writes docs/images; no test run does.
export default { ...config, testMatch: 'screenshots.ts' };
