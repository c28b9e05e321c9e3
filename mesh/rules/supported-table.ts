/** The list of supported fields in README.md, written from the parser's own schemas. */
import { type SupportedField, supportedFields } from './supported.ts';

/** Markdown: for each kind what is run, what is read and has no effect here, and what is refused by name. */
export function supportedTable(): string {
  const fields = supportedFields();
  const kinds = [...new Set(fields.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const leaves = fields.filter((field) => field.kind === kind).filter(isLeaf);
      const list = (status: SupportedField['status']) => leaves.filter((field) => field.status === status);
      return [
        `### ${kind}`,
        paragraph('Run', list('run').map(inWords)),
        paragraph(
          'Read, without effect that a client could see',
          list('accepted').map(({ field }) => name(field)),
        ),
        ...Map.groupBy(list('refused'), ({ note }) => note)
          .entries()
          .map(([why, refused]) =>
            paragraph(
              `Refused by name${why ? `: ${why}` : ''}`,
              refused.map(({ field }) => name(field)),
            ),
          ),
      ]
        .filter(Boolean)
        .join('\n\n');
    })
    .join('\n\n');
}

function isLeaf({ field }: SupportedField, _index: number, all: readonly SupportedField[]): boolean {
  return !all.some(
    (other) =>
      other.field !== field && other.field.startsWith(field) && /[.[{]/.test(other.field[field.length] ?? ''),
  );
}

function inWords({ field, note }: SupportedField): string {
  return `${name(field)}${note ? ` (${note})` : ''}`;
}

function name(field: string): string {
  return `\`${field.replace(/^spec\.?/, '')}\``;
}

function paragraph(title: string, fields: readonly string[]): string {
  return fields.length > 0 ? `${title}: ${fields.join(', ')}.` : '';
}
