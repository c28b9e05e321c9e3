/** What Docker was made to hold. */
import { execa } from 'execa';

/** Removes the images of this name, with `*` for any part of it, under all their tags. */
export async function removeImages(reference: string): Promise<void> {
  const filter = ['--filter', `reference=${reference}`, '--format', '{{.Repository}}:{{.Tag}}'];
  const { stdout } = await execa('docker', ['images', ...filter]);
  const images = stdout.split('\n').filter(Boolean);
  if (images.length > 0) await execa('docker', ['rmi', ...images]);
}
