import type { FieldError } from '../../../../domain/errors.ts';
import { type Html, html } from './html.ts';
import type { PageTexts } from './page-texts.ts';

/** What the person sent, by the name of the input. */
export type FormValues = Readonly<Record<string, string | undefined>>;

/** A form as it is shown: the texts, what was sent before, and what was wrong with it. */
export interface FormState {
  readonly texts: PageTexts;
  readonly values: FormValues;
  readonly errors: readonly FieldError[];
  /** Code of a problem that is about no single input. */
  readonly problem?: string;
  readonly passwordMinLength: number;
}

interface FieldSpec {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string | undefined;
  readonly type?: 'text' | 'email' | 'password';
  readonly autocomplete: string;
  readonly inputmode?: 'numeric' | 'url';
  /** Direction of what is entered; that of the page by default. */
  readonly direction?: 'ltr' | 'auto';
  readonly readonly?: true;
}

/** A labelled input with its hint and its error. The first wrong one gets the focus. */
export function field(state: FormState, spec: FieldSpec): Html {
  const { name, label, hint, value = '', type = 'text', autocomplete } = spec;
  const error = state.errors.find((one) => one.field === name);
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  const isFirst = error !== undefined && error === state.errors[0];
  return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}" required${
    spec.inputmode === undefined ? null : html` inputmode="${spec.inputmode}"`
  }${spec.direction === undefined ? null : html` dir="${spec.direction}"`}${
    spec.readonly === undefined ? null : html` readonly`
  }${described === '' ? null : html` aria-describedby="${described}"`}${
    error === undefined ? null : html` aria-invalid="true"`
  }${isFirst ? html` autofocus` : null}>
${hint === undefined ? null : html`<p class="hint" id="${name}-hint">${hint}</p>`}
${error === undefined ? null : html`<p class="error" id="${name}-error">${messageOf(state, error)}</p>`}
</div>`;
}

export function passwordField(state: FormState): Html {
  const { texts } = state;
  return field(state, {
    name: 'password',
    label: texts.passwordLabel,
    hint: withLength(texts.passwordHint, state),
    type: 'password',
    autocomplete: 'new-password',
  });
}

/**
 * The inputs that hold the proof. The script writes the token of the address bar into `t` and removes the others. Without
 * a script the person enters the code, if the link names its challenge, or pastes the link.
 */
export function proofFields(state: FormState): Html {
  const { texts, values } = state;
  if (values.t !== undefined) return html`<input type="hidden" name="t" value="${values.t}">`;
  const code = field(state, {
    ...{ name: 'code', label: texts.codeLabel, hint: texts.codeHint, value: values.code },
    ...{ autocomplete: 'one-time-code', inputmode: 'numeric', direction: 'ltr' },
  });
  const link = field(state, {
    ...{ name: 'link', label: texts.linkLabel, hint: texts.linkHint, value: values.link },
    ...{ autocomplete: 'off', inputmode: 'url', direction: 'ltr' },
  });
  return html`<input type="hidden" name="t" value="">
<div data-without-token>
${values.c === undefined ? link : html`<input type="hidden" name="c" value="${values.c}">${code}`}
</div>`;
}

export function problemNote({ texts, problem }: FormState): Html | null {
  if (problem === undefined) return null;
  return html`<p class="error" role="alert">${texts.errors[problem] ?? texts.errors.busy ?? ''}</p>`;
}

function messageOf(state: FormState, { field: name, code, message }: FieldError): string {
  const { errors } = state.texts;
  const kind = name.endsWith('_name') ? 'name' : name;
  return withLength(errors[code] ?? errors[kind] ?? message, state);
}

function withLength(text: string, { passwordMinLength }: FormState): string {
  return text.replace('{min}', String(passwordMinLength));
}
