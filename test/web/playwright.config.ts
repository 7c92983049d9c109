import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  globalSetup: './setup.ts',
  outputDir: '../../.local/test-web',
  // One control plane and one browser at a time: two cores have their hands full.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  // Bounds that only what is broken uses up.
  timeout: 180_000,
  expect: { timeout: 90_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1360, height: 860 },
    locale: 'en-GB',
    // The dashboard's own certificate is signed by itself.
    ignoreHTTPSErrors: true,
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
});
