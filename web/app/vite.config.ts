import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // Below whatever prefix the page is served: kubectl proxy's, the service proxy's, or none.
  base: './',
  build: {
    outDir: '../page/dist',
    emptyOutDir: true,
    target: 'es2023',
    // An inlined asset would be a data: URL, and the polyfill an inline script: the CSP has neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside `kubectl proxy`; docs/conditions.md lies outside this folder.
    proxy: { '/apis': 'http://127.0.0.1:8001', '/api': 'http://127.0.0.1:8001' },
    fs: { allow: ['../..'] },
  },
});
