/** A draft from a few questions. */
import { type Draft, type DraftService, labelOf } from './draft.ts';

/** Asks one question; resolves to the answer, without blanks around it. */
export type Ask = (question: string) => Promise<string>;

const firstPort = 8080;

export async function draftFromQuestions(ask: Ask): Promise<Draft> {
  const names = wordsOf(
    await ask('Your services, the one that is called from outside first (web api db): '),
  ).map(labelOf);
  const services: DraftService[] = [];
  for (const [index, name] of (names.length > 0 ? names : ['web']).entries()) {
    const command = await ask(`${name}: the command that starts it (empty: a stand-in answers for it): `);
    const dir = command && (await ask(`${name}: in which folder (empty: this one): `));
    const port = Number(await ask(`${name}: the port by which others call it (${firstPort + index}): `));
    const calls = wordsOf(await ask(`${name}: whom does it call (empty: nobody): `)).map(labelOf);
    services.push({
      name,
      port: port || firstPort + index,
      calls,
      ...(command && { run: { command, ...(dir && { dir }) } }),
      versions: ['release'],
    });
  }
  const branches = wordsOf(
    await ask('A branch with changes, and the services that it changed (cart web api; empty: none): '),
  );
  const [branch, ...changed] = branches.map(labelOf);
  if (branch === undefined) return { namespace: 'coloring', services, remarks: [] };
  const withBranch = services.map((service, index) => {
    const isChanged = changed.length === 0 ? index === 0 : changed.includes(service.name);
    return isChanged ? { ...service, versions: ['release', branch] } : service;
  });
  return { namespace: 'coloring', services: withBranch, remarks: [] };
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
