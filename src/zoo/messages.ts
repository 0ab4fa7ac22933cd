import type { Diagnostic } from '../support/diagnostics.js';

/** Messages about the names of networks in the zoo: E140..E149. */

function error(code: string, alias: string, model: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject: `model '${model}'`, text, hint };
}

export function unknownNetwork(model: string, name: string, suggestion: string): Diagnostic {
  const text = `the zoo has no network '${name}'`;
  return error('E140', 'unknown-network', model, text, suggestion);
}

export function unknownZooOption(model: string, option: string, known: readonly string[], meant: string): Diagnostic {
  const list = `the network's options are ${known.join(', ')}`;
  const hint = meant === '' ? list : `${meant} ${list}`;
  return error('E141', 'unknown-zoo-option', model, `it has no option '${option}'`, hint);
}

export function zooOptionTwice(model: string, option: string): Diagnostic {
  return error('E142', 'zoo-option-twice', model, `the option '${option}' is given twice`, 'leave one of them out');
}

export function badZooOption(model: string, option: string, value: string, wanted: string): Diagnostic {
  const text = `the option '${option}' is '${value}', but it must be ${wanted}`;
  return error('E143', 'bad-zoo-option', model, text, 'correct the value');
}
