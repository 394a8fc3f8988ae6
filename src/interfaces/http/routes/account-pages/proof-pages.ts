import { invalidFields } from '../../../../domain/errors.ts';
import { challengeInvalid } from '../../../../domain/rejections.ts';
import type { ChallengeProof } from '../../../../domain/verification/challenge.ts';
import { isUuid } from '../../../../lib/uuid.ts';
import { ACCOUNT_PAGES, type AccountPage, type PageContext, readToken } from './account-page.ts';
import { type Html, html } from './html.ts';
import { donePage, form, page } from './page.ts';
import { field, passwordField, problemNote, proofFields } from './page-form.ts';

/** The form of the reset page that requests a mail. */
const START = 'start';

/** On which a person proves the address of an account. */
export const verifyPage = buttonPage('verify', async (context, caller, { verification }) =>
  verification.confirmVerification(caller, readProof(context)),
);

/** On which a person proves a new address. */
export const changePage = buttonPage('change', async (context, caller, { verification }) =>
  verification.confirmEmailChange(caller, readProof(context)),
);

/** On which a person takes a change of address back. Its mail has a link only. */
export const undoPage = buttonPage('undo', async (context, caller, { verification }) => {
  const token = readToken(context);
  if (token === undefined) throw missing('link');
  await verification.undoEmailChange(caller, token);
});

/** On which a person chooses a new password; without a link, it begins with a request for one. */
export const resetPage: AccountPage = {
  name: 'reset',
  policies: ['reset_client', 'global'],
  show: (context) => html`${problemNote(context)}${startForm(context)}${passwordForm(context)}`,
  async submit(context, caller, { verification }) {
    const { values, texts } = context;
    if (values.step !== START) {
      const proof = readProof(context);
      if (values.password === undefined) throw missing('password');
      await verification.confirmReset(caller, proof, values.password);
      return donePage(context, texts.reset);
    }
    if (values.email === undefined) throw missing('email');
    const { challengeId } = await verification.requestReset(caller, { email: values.email });
    const next = { ...context, values: { c: challengeId } };
    const content = html`<p role="status">${texts.reset.sent}</p>${passwordForm(next)}`;
    return page(next, texts.reset.title, content);
  },
};

/** Left out where a link or a code is at hand. */
function startForm(context: PageContext): Html | null {
  const { texts, locale, values } = context;
  if (values.t !== undefined || values.c !== undefined) return null;
  const fields = html`<input type="hidden" name="step" value="${START}">
${field(context, {
  ...{ name: 'email', label: texts.emailLabel, type: 'email', value: values.email },
  ...{ autocomplete: 'username', direction: 'ltr' },
})}`;
  const { startLead, startButton, haveLink } = texts.reset;
  return html`<div data-without-token><p>${startLead}</p>
${form(locale, ACCOUNT_PAGES.reset, startButton, fields)}
<h2>${haveLink}</h2></div>`;
}

function passwordForm(context: PageContext): Html {
  const { lead, button } = context.texts.reset;
  const fields = html`${proofFields(context)}${passwordField(context)}`;
  return html`<p>${lead}</p>${form(context.locale, ACCOUNT_PAGES.reset, button, fields)}`;
}

/** A page with one button. */
function buttonPage(
  name: 'verify' | 'change' | 'undo',
  act: (...request: Parameters<AccountPage['submit']>) => Promise<void>,
): AccountPage {
  return {
    name,
    policies: [],
    show(context) {
      const { lead, button } = context.texts[name];
      const fields = proofFields(context);
      return html`${problemNote(context)}<p>${lead}</p>${form(
        context.locale,
        ACCOUNT_PAGES[name],
        button,
        fields,
      )}`;
    },
    async submit(context, caller, useCases) {
      await act(context, caller, useCases);
      return donePage(context, context.texts[name]);
    },
  };
}

/** @throws DomainError `validation_failed` without a proof, `challenge_invalid` for an id that is none */
function readProof(context: PageContext): ChallengeProof {
  const token = readToken(context);
  if (token !== undefined) return { token };
  const { c: challengeId, code } = context.values;
  if (challengeId === undefined) throw missing('link');
  if (code === undefined) throw missing('code');
  if (!isUuid(challengeId)) throw challengeInvalid();
  return { challengeId: challengeId.toLowerCase(), code };
}

function missing(name: string): Error {
  return invalidFields([{ field: name, code: 'required', message: 'Is required.' }]);
}
