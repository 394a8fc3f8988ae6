import { createBrowserSession } from '/client/browser.js';

const { url } = await (await fetch('/settings.json')).json();
// The refresh token lives in a cookie that scripts cannot read. The service needs `sessions.cookie.enabled`.
const session = createBrowserSession({ url, mode: 'cookie' });
const [form, problem, signedIn, name, button] = ['sign-in', 'problem', 'signed-in', 'name', 'sign-out'].map((id) =>
  document.getElementById(id),
);

async function show() {
  const user = session.state.status === 'signed_in' ? await session.user() : null;
  form.hidden = user !== null;
  signedIn.hidden = user === null;
  if (user?.ok) name.textContent = `${user.data.first_name} ${user.data.last_name}`;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(form));
  const result = await session.signIn({ email, password });
  problem.textContent = result.ok ? '' : result.problem.detail;
  if (result.ok) form.reset();
});
button.addEventListener('click', () => session.signOut());
// In every tab, whichever signed in or out.
session.onChange(show);
await session.restore();
await show();
