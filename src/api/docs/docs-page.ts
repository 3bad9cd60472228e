import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Everything that the page loads, and from where; nothing comes from another host. */
const LIBRARY_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;
const OWN_FILES = ['start.js', 'read-only-start.js'] as const;

export const DOCS_FILES = [...LIBRARY_FILES, ...OWN_FILES] as const;
export type DocsFile = (typeof DOCS_FILES)[number];

/** What a browser lets the page do: load its own files, and ask this service. */
export const DOCS_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const LIBRARY = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

/** @param tries `all`: the page can send every request; `reading`: those that change something would be refused anyway. */
export function docsPage(tries: 'all' | 'reading'): string {
  const script: DocsFile = tries === 'all' ? 'start.js' : 'read-only-start.js';
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>geo-reconciler API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/${script}"></script>
</body>
</html>
`;
}

/** The content of a file of the page. */
export async function docsFile(name: DocsFile): Promise<Buffer | string> {
  if (name === 'start.js') return startScript(['get', 'post']);
  if (name === 'read-only-start.js') return startScript(['get']);
  return await readFile(join(LIBRARY, name));
}

/** `validatorUrl: null`, because the default sends the address of this service to another one. */
function startScript(methods: readonly string[]): string {
  const settings = {
    dom_id: '#api',
    deepLinking: true,
    docExpansion: 'list',
    // What reads stands before what changes something.
    operationsSorter: 'method',
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    queryConfigEnabled: false,
    validatorUrl: null,
    supportedSubmitMethods: methods,
  };
  // An address of its own origin: a page that was opened with a password in its address may not ask for a relative one.
  return `window.ui = SwaggerUIBundle({ ...${JSON.stringify(settings)}, url: location.origin + '/openapi.json' });\n`;
}
