// Writes src/api/schema.ts from an OpenAPI v3 document, or with --check says
// whether that file is what the document generates:
//
//   kubectl get --raw /openapi/v3/apis/platform.example.io/v1alpha1 | node scripts/types.mjs [--check]
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const target = fileURLToPath(new URL('../src/api/schema.ts', import.meta.url));
const document = JSON.parse(await text(process.stdin));

// The paths are the Kubernetes API's usual ones, and many: the objects are what is wanted.
const objects = {
  openapi: document.openapi,
  info: { title: 'platform.example.io', version: 'v1alpha1' },
  paths: {},
  components: { schemas: document.components.schemas },
};
const nodes = await openapiTS(objects, { defaultNonNullable: false, alphabetize: true, emptyObjectsUnknown: true });
const generated = `// Code generated from the platform's OpenAPI v3 by scripts/types.mjs. DO NOT EDIT.\n\n${astToString(nodes)}`;

if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8')) !== generated) {
    console.error('src/api/schema.ts is not what the API serves: run `make generate-web`');
    process.exit(1);
  }
} else {
  await writeFile(target, generated);
}
