import type { Sharp } from 'sharp';
import { DiagnosticCollector, HeddleError } from '../support/diagnostics.js';
import { readBytes } from '../support/files.js';
import { invariant } from '../support/invariant.js';
import type { NpyArray } from '../support/npy.js';
import { noDecoder, notAPicture, notForPictures } from './messages.js';

/** The only user of sharp, which is loaded when the first picture is read. */
type Decoder = typeof import('sharp').default;

/**
 * How a picture comes to the size of an input. crop: its short side becomes 256/224 of the input's, then the middle is
 * cut out, as networks for ImageNet are evaluated. exact: both sides become the input's, whatever that does to shapes.
 */
export type PictureFit = 'crop' | 'exact';

const CROP_MARGIN = 256 / 224;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes PNG and JPEG files to pixels of an input of shape [H][W][1] (grey) or [H][W][3] (red, green, blue): an array
 * [files][H][W][C] of uint8. Pictures are turned as their EXIF orientation says; resized by linear interpolation over
 * the area of a pixel; transparency is dropped. HeddleError with all files that cannot be decoded.
 */
export async function readPictures(
  tensor: string,
  files: readonly string[],
  shape: readonly number[],
  fit: PictureFit,
): Promise<NpyArray> {
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3)) throw new HeddleError([notForPictures(tensor, shape)]);
  const sharp = await loadDecoder();
  const size = height * width * channels;
  const data = new Uint8Array(files.length * size);
  const problems = new DiagnosticCollector();
  for (const [index, file] of files.entries()) {
    try {
      const bytes = readBytes(file);
      data.set(await decode(sharp, file, bytes, { height, width }, channels, fit), index * size);
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      problems.add(...error.diagnostics);
    }
  }
  problems.throwIfErrors();
  return { shape: [files.length, height, width, channels], dtype: 'u1', data };
}

async function loadDecoder(): Promise<Decoder> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    throw noDecoder(firstLine(error));
  }
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return line;
}

async function decode(
  sharp: Decoder,
  file: string,
  bytes: Uint8Array,
  input: Size,
  channels: 1 | 3,
  fit: PictureFit,
): Promise<Uint8Array> {
  const picture = sharp(bytes, { autoOrient: true, failOn: 'error' });
  const decoded = picture.metadata().then(({ format, autoOrient: own }) => {
    if (format !== 'png' && format !== 'jpeg') throw new Error(`it is a ${format} file`);
    const colours = picture.removeAlpha().toColourspace(channels === 1 ? 'b-w' : 'srgb');
    return fitted(colours, own, input, fit).raw().toBuffer({ resolveWithObject: true });
  });
  const { data, info } = await decoded.catch((error: unknown) => {
    throw new HeddleError([notAPicture(file, firstLine(error))]);
  });
  invariant(info.height === input.height && info.width === input.width, `'${file}' is resized wrongly`);
  return withChannels(data, info.channels, channels);
}

function fitted(picture: Sharp, own: Size, input: Size, fit: PictureFit): Sharp {
  const size = fit === 'exact' ? input : croppedSize(own, input);
  const resized = picture.resize({ ...size, fit: 'fill', kernel: 'linear' });
  const left = Math.floor((size.width - input.width) / 2);
  const top = Math.floor((size.height - input.height) / 2);
  return fit === 'exact' ? resized : resized.extract({ left, top, ...input });
}

/** The size of the whole picture of which the input's size is cut out: one side is CROP_MARGIN of the input's. */
export function croppedSize(own: Size, input: Size): Size {
  const width = Math.round(input.width * CROP_MARGIN);
  const height = Math.round(input.height * CROP_MARGIN);
  return width * own.height >= height * own.width
    ? { width, height: Math.floor((own.height * width) / own.width) }
    : { width: Math.floor((own.width * height) / own.height), height };
}

/** A grey picture that was asked for in colours comes with one channel. */
function withChannels(data: Uint8Array, found: number, wanted: number): Uint8Array {
  if (found === wanted) return data;
  invariant(found === 1, `a picture has ${found} channels, not ${wanted}`);
  return Uint8Array.from({ length: data.length * wanted }, (_, i) => data[Math.floor(i / wanted)] as number);
}
