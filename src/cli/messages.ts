import type { Diagnostic } from '../support/diagnostics.js';

/** Messages about the command line: E460..E479. */

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

export function badUsage(command: string, text: string, suggestion: string): Diagnostic {
  const hint = suggestion === '' ? `'${command} --help' lists what there is` : suggestion;
  return error('E460', 'bad-usage', `command '${command}'`, text, hint);
}

export function badOptionValue(option: string, value: string, wanted: string): Diagnostic {
  return error(
    'E461',
    'bad-option-value',
    `option ${option}`,
    `the value is '${value}', but it must be ${wanted}`,
    'correct the value',
  );
}

export function conflictingOptions(options: readonly string[], reason: string, hint: string): Diagnostic {
  return error('E462', 'conflicting-options', `options ${options.join(' and ')}`, reason, hint);
}

export function uselessOption(option: string, reason: string): Diagnostic {
  return error('E463', 'useless-option', `option ${option}`, reason, `leave ${option} out`);
}

export function notModelledBudget(key: string): Diagnostic {
  return error(
    'E465',
    'not-modelled-budget',
    'option --budget',
    `'${key}' is not modelled yet, so that no budget of it can be kept`,
    'give --budget multipliers=N',
  );
}

export function nameNeeded(option: string, what: 'inputs' | 'outputs', names: readonly string[]): Diagnostic {
  return error(
    'E466',
    'name-needed',
    `option ${option}`,
    `the model has ${names.length} ${what}: a path needs the name of one in front`,
    `give ${option} NAME=FILE; the ${what} are ${names.map((name) => `'${name}'`).join(', ')}`,
  );
}

export function givenTwice(option: string, name: string): Diagnostic {
  return error('E467', 'given-twice', `option ${option}`, `'${name}' is given twice`, 'leave one of them out');
}

export function noFileFor(option: string, name: string): Diagnostic {
  return error(
    'E468',
    'no-file',
    `option ${option}`,
    `there is no file for the input '${name}'`,
    `add ${option} ${name}=FILE.npy`,
  );
}

export function preprocessingIncomplete(lacking: '--mean' | '--std'): Diagnostic {
  const given = lacking === '--mean' ? '--std' : '--mean';
  return error(
    'E469',
    'preprocessing-incomplete',
    `option ${lacking}`,
    'it is needed: the model stores no preprocessing of its own',
    `give --mean and --std together, not ${given} alone or neither`,
  );
}

export function framesDiffer(files: readonly { readonly name: string; readonly count: number }[]): Diagnostic {
  return error(
    'E470',
    'frames-differ',
    'option --input',
    `the inputs have different numbers of frames: ${files.map(({ name, count }) => `'${name}' ${count}`).join(', ')}`,
    'give the same number of frames for each, or take the first few with --frames',
  );
}

export function realTensor(option: string, tensor: string): Diagnostic {
  return error(
    'E471',
    'no-integers',
    `option ${option}`,
    `tensor '${tensor}' is float32 and has no integers`,
    `leave ${option} out`,
  );
}

export function wrongExtension(option: string, path: string, wanted: string): Diagnostic {
  return error(
    'E472',
    'wrong-extension',
    `option ${option}`,
    `the file '${path}' would not end in ${wanted}`,
    `give a path that ends in ${wanted}`,
  );
}
