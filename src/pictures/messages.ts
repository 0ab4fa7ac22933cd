import { type Diagnostic, MissingToolError } from '../support/diagnostics.js';
import { plural } from '../support/text.js';

/** Messages about pictures as inputs: E480..E489. */

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

export function notAPicture(file: string, reason: string): Diagnostic {
  return error(
    'E480',
    'not-a-picture',
    `picture '${file}'`,
    `it cannot be decoded: ${reason}`,
    'give a sound PNG or JPEG file',
  );
}

export function noPictures(folder: string): Diagnostic {
  return error(
    'E481',
    'no-pictures',
    `folder '${folder}'`,
    'there is no file in it that ends in .png, .jpg or .jpeg',
    'give a folder that holds pictures itself; folders inside of it are not searched',
  );
}

export function notForPictures(tensor: string, shape: readonly number[]): Diagnostic {
  return error(
    'E482',
    'not-for-pictures',
    `input '${tensor}'`,
    `pictures were given, but it is ${shape.join('x')}, not height x width x 1 or 3 channels`,
    'give a tensor file (.npy)',
  );
}

export function tooFewPictures(folder: string, found: number, wanted: number): Diagnostic {
  return error(
    'E483',
    'too-few-pictures',
    `folder '${folder}'`,
    `it holds ${plural(found, 'picture')}, but ${wanted} are asked for`,
    'ask for fewer with --frames, or add pictures',
  );
}

export function rawPictures(tensor: string): Diagnostic {
  return error(
    'E484',
    'raw-pictures',
    `input '${tensor}'`,
    'pictures hold pixels, not the integers of the quantised input',
    'leave --raw out',
  );
}

export function noDecoder(reason: string): MissingToolError {
  return new MissingToolError([
    error(
      'E485',
      'no-picture-decoder',
      "package 'sharp'",
      `it decodes pictures and cannot be loaded: ${reason}`,
      "install Heddle's dependencies again with their optional packages (npm ci --include=optional), or give a tensor file (.npy)",
    ),
  ]);
}

/** Files in a folder of pictures that are none. */
export function otherFiles(folder: string, names: readonly string[]): Diagnostic {
  const [first = ''] = names;
  const more = names.length > 1 ? ` and ${names.length - 1} more` : '';
  return {
    code: 'W486',
    alias: 'other-files',
    severity: 'warning',
    subject: `folder '${folder}'`,
    text: `'${first}'${more} is left alone: only .png, .jpg and .jpeg files are read`,
    hint: 'nothing, where no picture is missing',
  };
}
