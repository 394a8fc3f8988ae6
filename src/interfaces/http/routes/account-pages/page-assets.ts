/**
 * Moves the token of the link from the address bar into the form. Nothing is sent before the person presses the button:
 * programs that scan mail open links and run scripts. A second press while the answer is on its way would use a link that
 * is used already.
 */
export const PAGE_SCRIPT = `'use strict';
const sent = new WeakSet();
function takeToken() {
  const token = /^#t=([A-Za-z0-9_-]{1,200})$/.exec(location.hash)?.[1];
  if (location.hash !== '') {
    history.replaceState(null, '', location.pathname + location.search);
  }
  if (token === undefined) return;
  for (const field of document.querySelectorAll('input[name="t"]')) field.value = token;
  for (const part of document.querySelectorAll('[data-without-token]')) part.remove();
}
takeToken();
addEventListener('hashchange', takeToken);
addEventListener('pageshow', () => {
  for (const form of document.forms) sent.delete(form);
});
for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
  });
}
`;

/** Logical properties, so that the pages work in both directions of writing. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --text: #1d2430;
  --faint: #525c6b;
  --page: #f3f5f8;
  --card: #fff;
  --line: #8a94a3;
  --action: #1f5fbf;
  --on-action: #fff;
  --error: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ee;
    --faint: #aab3c0;
    --page: #14181d;
    --card: #1d2329;
    --line: #7b8694;
    --action: #8ab4f8;
    --on-action: #10151c;
    --error: #ffb4ab;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  padding: 1rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
main {
  max-width: 28rem;
  margin: 2rem auto;
  padding: 1.5rem;
  background: var(--card);
  border-radius: 0.5rem;
}
h1 {
  margin: 0 0 1rem;
  font-size: 1.4rem;
  line-height: 1.3;
}
h2 {
  margin: 2rem 0 0.5rem;
  font-size: 1.1rem;
}
.product,
.hint {
  color: var(--faint);
}
.product {
  margin: 0 0 0.5rem;
}
.hint {
  margin: 0.25rem 0 0;
  font-size: 0.9rem;
}
.error {
  margin: 0.25rem 0 0;
  color: var(--error);
  font-weight: 600;
}
.field {
  margin: 1rem 0;
}
label {
  display: block;
  margin-block-end: 0.25rem;
  font-weight: 600;
}
input {
  width: 100%;
  padding: 0.6rem;
  border: 1px solid var(--line);
  border-radius: 0.25rem;
  background: transparent;
  color: inherit;
  font: inherit;
}
input[aria-invalid] {
  border-color: var(--error);
}
button {
  width: 100%;
  margin-block-start: 0.5rem;
  padding: 0.7rem;
  border: 1px solid transparent;
  border-radius: 0.25rem;
  background: var(--action);
  color: var(--on-action);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
:focus-visible {
  outline: 3px solid var(--action);
  outline-offset: 2px;
}
@media (max-width: 480px) {
  body {
    padding: 0;
  }
  main {
    margin: 0;
    border-radius: 0;
  }
}
`;
