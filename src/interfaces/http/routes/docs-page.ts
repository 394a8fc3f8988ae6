/** Pages of the documentation that the service serves as text, with the file that each is read from. */
export const GUIDES = [
  { name: 'guide', path: 'docs/README.md', title: 'Guide' },
  { name: 'verify-tokens', path: 'docs/use-it/verify-tokens.md', title: 'Verify tokens' },
  { name: 'browser-apps', path: 'docs/use-it/browser-apps.md', title: 'Browser apps' },
  { name: 'events', path: 'docs/use-it/events.md', title: 'Events' },
  { name: 'errors', path: 'docs/reference/errors.md', title: 'Errors' },
] as const;

const links = GUIDES.map(({ name, title }) => `<a href="docs/${name}.md">${title}</a>`);

/** Relative URLs, so that the page works under a path prefix. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>User service API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/index.css">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<nav aria-label="Guides"><strong>User service</strong> ${links.join(' ')}</nav>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/**
 * `validatorUrl: null`: by default Swagger UI sends the document to a validator on the internet. Its dark colours
 * follow a class of the root element.
 */
export const DOCS_SCRIPT = `const dark = window.matchMedia('(prefers-color-scheme: dark)');
const applyColours = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
applyColours();
dark.addEventListener('change', applyColours);
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

/** Colours of the parts around Swagger UI, and wide tables that scroll by themselves on narrow screens. */
export const DOCS_STYLE = `nav {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1.25rem;
  padding: 0.75rem 1.25rem;
  font-family: sans-serif;
  font-size: 0.875rem;
  color: #3b4151;
  background: #fff;
  border-bottom: 1px solid #d8dde7;
}
nav a {
  color: #2f5fc4;
}
html.dark-mode body {
  background: #1c2022;
}
html.dark-mode nav {
  color: #e4e6e6;
  background: #14181a;
  border-color: #3a4043;
}
html.dark-mode nav a {
  color: #8ab4f8;
}
@media (max-width: 640px) {
  .swagger-ui .wrapper {
    padding: 0 10px;
  }
  .swagger-ui .table-container,
  .swagger-ui .responses-inner,
  .swagger-ui .opblock-body {
    overflow-x: auto;
  }
  .swagger-ui .response-col_links {
    display: none;
  }
  .swagger-ui .opblock-summary-path,
  .swagger-ui .markdown code {
    overflow-wrap: anywhere;
  }
}
`;
