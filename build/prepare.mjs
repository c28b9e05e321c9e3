// Prepares what makes starts faster; `npm ci` runs it. Plain JavaScript, as there is nothing to prepare for a Node that
// cannot run TypeScript.
import module from 'node:module';

if (process.features.typescript) {
  module.enableCompileCache();
  try {
    const { prepare, compileStart } = await import('./prepare.ts');
    await prepare(process.argv[2]);
    await compileStart();
  } catch (error) {
    console.error(`Not prepared, so that starts take longer: ${error.message}`);
  }
  // What was loaded would wait for orders.
  process.exit();
}
