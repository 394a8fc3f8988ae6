/** A fenced block of a Markdown text. */
export interface FencedBlock {
  /** The word after the opening fence, such as `sh`; may be empty. */
  readonly language: string;
  readonly text: string;
}

/** All fenced blocks, in order. Fences must stand at the beginning of a line. */
export function fencedBlocks(markdown: string): FencedBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', text = '']) => ({ language, text }),
  );
}

/** The text below a heading of the second level, up to the next one. @throws Error without that heading */
export function sectionOf(markdown: string, heading: string): string {
  const sections = `\n${markdown}`.split(/\n## /);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section ${heading}`);
  return section;
}

/** Text in backticks outside of fenced blocks. */
export function inlineCode(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/(`+)(.+?)\1/g)].map(([, , code = '']) => code.trim());
}

/** The targets of links and images outside of fenced blocks. */
export function linkTargets(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/(`+).+?\1/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}
