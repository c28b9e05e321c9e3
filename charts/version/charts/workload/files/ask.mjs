// The program of `helm test`: who answers at URL? The first hop of the trail has to be EXPECTED.
const { URL: url, EXPECTED: expected } = process.env;
const deadline = Date.now() + 60_000;
let seen = 'no answer';
let right = false;
// The name, the endpoint and the sidecar's knowledge of both may be a moment late.
while (!right && Date.now() < deadline) {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(5_000),
    });
    const text = await response.text();
    seen = `${response.status} ${text}`;
    // Whatever the hops behind it say: this test is about this version.
    right = JSON.parse(text).trail?.[0]?.version === expected;
  } catch (error) {
    seen = error instanceof SyntaxError ? seen : String(error.cause ?? error);
  }
  if (!right) await new Promise((resolve) => setTimeout(resolve, 500));
}
console.log(`${url} -> ${seen}`);
console.log(right ? `ok: ${expected} answers` : `not ok: expected ${expected} as the first hop`);
// A sidecar that is no native one would keep this pod running for ever.
await fetch('http://127.0.0.1:15020/quitquitquit', {
  method: 'POST',
  signal: AbortSignal.timeout(1_000),
}).catch(() => {});
process.exitCode = right ? 0 : 1;
