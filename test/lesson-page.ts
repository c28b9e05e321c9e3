/** The commands of a lesson's page. */

/** Lines of its code blocks that are indented by four, in order; pictures are fenced. */
export function commandsOf(page: string): string[] {
  const text = page.replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, command = '']) => command);
}
