/** Findings as other programs read them. */
import { createHash } from 'node:crypto';
import { relative, resolve } from 'node:path';
import { type Finding, type LintCode, lintCodes, type Severity, severityOf } from './finding.ts';

/** What a format knows of a name beside its line: the section of its page. */
export type PageOf = (code: LintCode) => string;

export function gitlabReport(findings: readonly Finding[]) {
  return codeQualityReport(findings, ({ code }) => severityOf(code));
}

/** What is found, by whichever command; see {@link Finding}. */
export type Found = Omit<Finding, 'code'> & { code: string };

/** https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
export function codeQualityReport<F extends Found>(
  findings: readonly F[],
  severity: (finding: F) => Severity,
) {
  const severities = { error: 'critical', warning: 'major', note: 'info' } as const;
  const fingerprint = fingerprints();
  return findings.map((finding) => ({
    type: 'issue',
    check_name: finding.code,
    description: descriptionOf(finding),
    categories: ['Bug Risk'],
    severity: severities[severity(finding)],
    fingerprint: fingerprint(finding),
    location: { path: pathOf(finding), lines: { begin: finding.line } },
  }));
}

/** https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function sarifReport(findings: readonly Finding[], version: string, pageOf: PageOf) {
  const levels = { error: 'error', warning: 'warning', note: 'note' } as const satisfies Record<
    Severity,
    string
  >;
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const fingerprint = fingerprints();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'coloring lint',
            version,
            rules: codes.map((code) => ({
              id: code,
              shortDescription: { text: lintCodes[code] },
              help: { text: pageOf(code), markdown: pageOf(code) },
              defaultConfiguration: { level: levels[severityOf(code)] },
            })),
          },
        },
        results: findings.map((finding) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: levels[severityOf(finding.code)],
          message: { text: descriptionOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(pathOf(finding)) },
                region: { startLine: finding.line },
              },
            },
          ],
          partialFingerprints: { 'coloringLint/v1': fingerprint(finding) },
        })),
      },
    ],
  };
}

function descriptionOf({ object, field, message }: Found): string {
  return [object, field, message].filter(Boolean).join(': ');
}

/** From where the command was given, which in a pipeline is the root of the repository. */
function pathOf({ file }: Found): string {
  return relative('.', resolve(file)).replaceAll('\\', '/');
}

/** The same for the same finding when lines above it come and go; one of its own for each of several equal ones. */
function fingerprints(): (finding: Found) => string {
  const seen = new Map<string, number>();
  return (finding) => {
    const what = JSON.stringify([finding.code, pathOf(finding), descriptionOf(finding)]);
    const count = seen.get(what) ?? 0;
    seen.set(what, count + 1);
    return createHash('sha256').update(`${what} ${count}`).digest('hex');
  };
}
