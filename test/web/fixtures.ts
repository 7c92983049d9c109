// A browser whose page may do nothing wrong while a test looks elsewhere.
import { expect, test as base, type Page } from '@playwright/test';
import { proxy, type Served } from './cluster.ts';

interface Fixtures {
  /** Opens an address of the page, by the administrator's kubectl proxy. */
  open: (path?: string) => Promise<Page>;
}

interface Shared {
  adminProxy: Served;
}

// A browser says of itself when an answer is an error or there is none: tests provoke both.
const expected = /Failed to load resource|net::ERR_/;

/** Fails the test for errors of the page, for a policy that was hurt, and for a request to anywhere else. */
export function guard(page: Page): () => void {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const own = page.url() === 'about:blank' ? origin : new URL(page.url()).origin;
    if (protocol !== 'data:' && origin !== own) faults.push(`request to ${request.url()}`);
  });
  return () => expect(faults).toEqual([]);
}

export const test = base.extend<Fixtures, Shared>({
  adminProxy: [async ({}, use) => {
    const served = await proxy();
    await use(served);
    await served.stop();
  }, { scope: 'worker' }],
  page: async ({ page }, use) => {
    const check = guard(page);
    await use(page);
    check();
  },
  open: async ({ page, adminProxy }, use) => {
    await use(async (path = '') => {
      await page.goto(`${adminProxy.origin}/dashboard/#/${path}`);
      return page;
    });
  },
});

export { expect };

export const row = (page: Page, name: string) => page.getByRole('table', { name: 'Stores' }).getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

export const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
