import Type, { type Static } from 'typebox';
import { DomainError, type FieldError } from '../../../../domain/errors.ts';
import { PROBLEMS } from '../../../api/problem-table.ts';
import { type ResponseSpec, type Route, type RouteResponse, route } from '../../route.ts';
import { ACCOUNT_PAGES, type AccountPage, type PageContext } from './account-page.ts';
import type { AccountPageSettings } from './account-page-settings.ts';
import { invitationPage } from './invitation-page.ts';
import { PAGE_HEADERS, page as writePage } from './page.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-assets.ts';
import type { FormValues } from './page-form.ts';
import { choosePageLocale, textsOf } from './page-texts.ts';
import { changePage, resetPage, undoPage, verifyPage } from './proof-pages.ts';

const PAGES: readonly AccountPage[] = [
  ...[verifyPage, resetPage, changePage, undoPage],
  invitationPage,
];

/** Refusals of a token or code. */
const PROOF_REFUSED: ReadonlySet<string> = new Set(['challenge_invalid', 'invitation_invalid']);

const tag = 'Pages';
/** Assets change only with the installed version. */
const ASSET_CACHE_CONTROL = 'public, max-age=3600';
const optionalText = Type.Optional(Type.String());
/** Mailers and scanners add parameters of their own to links; these are ignored. */
const pageQuery = Type.Object({ lang: optionalText, c: optionalText });
const pageBody = Type.Object({
  ...{ t: optionalText, c: optionalText, code: optionalText, link: optionalText },
  ...{ email: optionalText, password: optionalText, step: optionalText },
  ...{ first_name: optionalText, last_name: optionalText },
});

const htmlPage: ResponseSpec = {
  description: 'An HTML page.',
  schema: Type.String(),
  mediaType: 'text/html',
};
/** The statuses with which a page says what went wrong. */
const PAGE_RESPONSES: Readonly<Record<number, ResponseSpec>> = Object.fromEntries(
  [200, 403, 404, 409, 422, 429, 503].map((status) => [status, htmlPage]),
);

/**
 * The built-in pages behind the links of mails. Opening one changes nothing: programs that scan mail open links. Only its
 * button does, by a form that needs no cookie, since the token in it is the whole proof.
 */
export function createAccountPageRoutes(settings: AccountPageSettings): readonly Route[] {
  const pages = PAGES.filter(({ name }) => settings.builtIn.includes(name));
  if (pages.length === 0) return [];
  return [
    ...pages.flatMap((page) => [showRoute(page, settings), submitRoute(page, settings)]),
    assetRoute('page.js', 'text/javascript; charset=utf-8', PAGE_SCRIPT),
    assetRoute('page.css', 'text/css; charset=utf-8', PAGE_STYLE),
  ];
}

function showRoute(page: AccountPage, settings: AccountPageSettings): Route {
  return route({
    method: 'GET',
    path: `/account/${ACCOUNT_PAGES[page.name]}`,
    operationId: `show-${page.name}-page`,
    tag,
    summary: 'Open a page of a mail',
    undocumented: true,
    access: 'public',
    query: pageQuery,
    responses: PAGE_RESPONSES,
    problems: [],
    handle: async ({ query, header }) => {
      const { c } = query;
      const values = c === undefined ? {} : { c };
      const context = await createContext(settings, query, header('accept-language'), values);
      return pageResponse(200, page, context);
    },
  });
}

function submitRoute(page: AccountPage, settings: AccountPageSettings): Route {
  return route({
    method: 'POST',
    path: `/account/${ACCOUNT_PAGES[page.name]}`,
    operationId: `submit-${page.name}-page`,
    tag,
    summary: 'Press the button of a page of a mail',
    undocumented: true,
    access: 'public',
    policies: page.policies,
    ignoresIdempotencyKey: 'not repeatable',
    query: pageQuery,
    body: { schema: pageBody, mediaTypes: ['application/x-www-form-urlencoded'] },
    responses: PAGE_RESPONSES,
    problems: [],
    handle: async ({ caller, query, body, header }, { useCases }) => {
      const context = await createContext(settings, query, header('accept-language'), body);
      try {
        const text = await page.submit(context, caller, useCases);
        return { status: 200, headers: PAGE_HEADERS, body: text };
      } catch (error) {
        return refusal(page, context, error);
      }
    },
  });
}

async function createContext(
  settings: AccountPageSettings,
  { lang }: Static<typeof pageQuery>,
  acceptLanguage: string | undefined,
  values: FormValues,
): Promise<PageContext> {
  const locale = choosePageLocale(lang, acceptLanguage, settings.defaultLocale);
  const { productName, passwordMinLength } = settings;
  const texts = await textsOf(locale);
  return { locale, texts, productName, passwordMinLength, values, errors: [] };
}

function pageResponse(status: number, page: AccountPage, context: PageContext): RouteResponse {
  const { title } = context.texts[page.name];
  return { status, headers: PAGE_HEADERS, body: writePage(context, title, page.show(context)) };
}

/** Shows the forms again, with what was wrong. @throws the error, if no page says it */
function refusal(page: AccountPage, context: PageContext, error: unknown): RouteResponse {
  if (!(error instanceof DomainError)) throw error;
  const { status } = PROBLEMS[error.code];
  if (PAGE_RESPONSES[status] === undefined) throw error;
  // A token that proves nothing goes: the person can enter a code or another link instead.
  const values = PROOF_REFUSED.has(error.code) ? { c: context.values.c } : context.values;
  const response = pageResponse(status, page, {
    ...context,
    values,
    errors: error.fields.map(toInputError),
    ...(error.fields.length === 0 ? { problem: error.code } : {}),
  });
  const { retryAfterSeconds } = error;
  if (retryAfterSeconds === undefined) return response;
  const headers = { ...response.headers, 'retry-after': String(retryAfterSeconds) };
  return { ...response, headers };
}

/** The name of an input is that of the field, except for passwords. */
function toInputError(error: FieldError): FieldError {
  return error.field === 'new_password' ? { ...error, field: 'password' } : error;
}

function assetRoute(file: string, mediaType: string, content: string): Route {
  return route({
    method: 'GET',
    path: `/account/${file}`,
    operationId: `getAccountAsset-${file}`,
    tag,
    summary: 'Part of a page of a mail',
    undocumented: true,
    access: 'public',
    responses: { 200: { description: 'The file.' } },
    problems: [],
    handle: async () => ({
      status: 200,
      headers: { 'content-type': mediaType, 'cache-control': ASSET_CACHE_CONTROL },
      body: content,
    }),
  });
}
