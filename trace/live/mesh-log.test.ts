import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { lineReader } from '../log-format.ts';
import { settingsText } from './advice.ts';
import { meshLogOf } from './mesh-log.ts';

const header = 'x-lane';

it('MeshConfig says whether requests are logged, and in which format', () => {
  expect(meshLogOf('', header)).toEqual({ header, on: false, texts: [], json: [] });
  const own = meshLogOf(
    `
accessLogFile: /dev/stdout
accessLogFormat: "%START_TIME% %REQ(X-LANE)%\\n"
extensionProviders:
  - name: mine
    envoyFileAccessLog: { path: /dev/stdout, logFormat: { labels: { lane: "%REQ(X-LANE)%" } } }
  - { name: other, zipkin: { service: x } }
`,
    header,
  );
  expect(own).toMatchObject({ on: true, json: [{ lane: '%REQ(X-LANE)%' }] });
  expect(lineReader(own)('now v1')).toEqual({ startTime: 'now', color: 'v1' });
  expect(lineReader(own)('{"start_time":"now","response_code":200,"lane":"v1"}')).toMatchObject({
    color: 'v1',
  });
});

it('as JSON the format is one of keys; what is no JSON is ignored, as by Istio', () => {
  const json = (format: string) =>
    meshLogOf(`{ accessLogEncoding: JSON, accessLogFormat: '${format}' }`, header).json;
  expect(json('{"l":"%REQ(X-LANE)%"}')).toEqual([{ l: '%REQ(X-LANE)%' }]);
  expect(json('{"l":')).toEqual([]);
});

it('what trace prints to switch it on is YAML, and read again', () => {
  const [config = '', telemetry = ''] = settingsText(header).split('---\n');
  const { meshConfig } = parse(config);
  const read = lineReader(meshLogOf(JSON.stringify(meshConfig), header));
  expect(read(`${'x '.repeat(3)}`)).toBe(undefined);
  expect(meshConfig.accessLogFormat).toContain('%REQ(X-LANE)%');
  expect(parse(telemetry)).toMatchObject({ kind: 'Telemetry' });
});
