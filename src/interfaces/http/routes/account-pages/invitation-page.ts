import { invalidFields } from '../../../../domain/errors.ts';
import { toProfileInput } from '../../../api/schemas/users.ts';
import { ACCOUNT_PAGES, type AccountPage, type PageContext, readToken } from './account-page.ts';
import { type Html, html } from './html.ts';
import { donePage, form, page } from './page.ts';
import { field, passwordField, problemNote, proofFields } from './page-form.ts';

/** The first form sends the token; the second one, with names and password, creates the account. */
const CREATE = 'create';

/** On which an invited person registers. */
export const invitationPage: AccountPage = {
  name: 'invitation',
  policies: ['registration_client', 'global'],
  show,
  async submit(context, caller, useCases) {
    const { values, texts } = context;
    const token = readToken(context);
    if (token === undefined) {
      throw invalidFields([{ field: 'link', code: 'required', message: texts.linkHint }]);
    }
    context.invitation = await useCases.invitations.look(caller, token);
    if (values.step !== CREATE) {
      const next = { ...context, values: { ...values, t: token } };
      return page(next, texts.invitation.title, show(next));
    }
    await useCases.users.register(caller, {
      ...toProfileInput({
        email: context.invitation.email,
        first_name: values.first_name ?? '',
        last_name: values.last_name ?? '',
      }),
      password: values.password ?? '',
      invitation: token,
    });
    return donePage(context, texts.invitation);
  },
};

function show(context: PageContext): Html {
  const { texts, locale, invitation, values } = context;
  const { lead, button, createLead, createButton } = texts.invitation;
  if (invitation === undefined || readToken(context) === undefined) {
    return html`${problemNote(context)}<p>${lead}</p>${form(
      locale,
      ACCOUNT_PAGES.invitation,
      button,
      proofFields(context),
    )}`;
  }
  const name = (key: 'first_name' | 'last_name', label: string, autocomplete: string) =>
    field(context, {
      ...{ name: key, label, autocomplete, direction: 'auto' },
      value:
        values[key] ?? (key === 'first_name' ? invitation.firstName : invitation.lastName) ?? '',
    });
  const fields = html`<input type="hidden" name="t" value="${readToken(context) ?? ''}">
<input type="hidden" name="step" value="${CREATE}">
${field(context, {
  ...{ name: 'email', label: texts.emailLabel, type: 'email', value: invitation.email },
  ...{ autocomplete: 'username', direction: 'ltr', readonly: true },
})}
${name('first_name', texts.firstNameLabel, 'given-name')}
${name('last_name', texts.lastNameLabel, 'family-name')}
${passwordField(context)}`;
  return html`${problemNote(context)}<p>${createLead}</p>${form(
    locale,
    ACCOUNT_PAGES.invitation,
    createButton,
    fields,
  )}`;
}
