/**
 * Carries the headers in any program of Node, without a line of its code: node --import=…/carry/register app.js
 * PROPAGATE_HEADERS adds names to the allow-list, IN_MESH says which hosts get the headers (README.md).
 */
import { syncBuiltinESMExports } from 'node:module';
import { takeInEverywhere } from './incoming.ts';
import { changeLibraries } from './libraries.ts';
import { addToHttpRequests } from './outgoing-http.ts';
import { addToHttp2Requests } from './outgoing-http2.ts';
import { addToUndiciRequests } from './outgoing-undici.ts';
import { type Carrying, readSettings, SettingsError, settingsOf } from './settings.ts';

const { names, inMesh } = settingsOrExit();
takeInEverywhere(names);
addToHttpRequests(inMesh);
addToHttp2Requests(inMesh);
addToUndiciRequests(inMesh);
changeLibraries(inMesh);
// for programs that import { request } from 'node:http'
syncBuiltinESMExports();

function settingsOrExit(): Carrying {
  try {
    return readSettings(settingsOf(process.env));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`carry: ${error.message}\n`);
    process.exit(2);
  }
}
