import { type Diagnostic, HeddleError } from '../support/diagnostics.js';
import { didYouMean } from '../support/text.js';
import { CATALOGUE, type ZooNetwork } from './catalogue.js';
import { badZooOption, unknownNetwork, unknownZooOption, zooOptionTwice } from './messages.js';
import type { Size } from './size.js';

/** What stands before a network's name where a model's path may stand. */
export const ZOO_PREFIX = 'zoo:';

/** `zoo:NAME`, or `zoo:NAME,OPTION=VALUE,...`, understood. */
export interface ZooRequest {
  /** The network's name, followed by the options that are not the usual ones: `resnet18-input64-width0.25`. */
  readonly name: string;
  readonly network: ZooNetwork;
  readonly size: Size;
  readonly seed: number;
  /** Whether the float network is wanted, not the quantised one. */
  readonly float: boolean;
}

const DEFAULT_SEED = 1;
const MOST_PIXELS = 4096;
const WIDEST = 8;

export function isZooName(path: string): boolean {
  return path.startsWith(ZOO_PREFIX);
}

/** HeddleError for an unknown network, or else with all options that are unknown or wrong. */
export function parseZooName(path: string): ZooRequest {
  const [name = '', ...options] = path.slice(ZOO_PREFIX.length).split(',');
  const network = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (network === undefined) {
    const names = Object.keys(CATALOGUE);
    const hint = didYouMean(name, names) || `the networks are ${names.join(', ')}`;
    throw new HeddleError([unknownNetwork(path, name, hint)]);
  }
  const reader = makeReader(path, options, network.width !== undefined);
  const usual = { input: network.input.usual, width: network.width ?? 1, seed: DEFAULT_SEED };
  const input = reader.number('input', usual.input, inputRule(network));
  const width = reader.number('width', usual.width, WIDTH_RULE);
  const seed = reader.number('seed', usual.seed, SEED_RULE);
  const float = reader.flag('float');
  reader.finish();
  return { name: variantName(name, { input, width, seed }, usual), network, size: { input, width }, seed, float };
}

interface Numbers {
  readonly input: number;
  readonly width: number;
  readonly seed: number;
}

function variantName(name: string, given: Numbers, usual: Numbers): string {
  const options = (['input', 'width', 'seed'] as const).filter((option) => given[option] !== usual[option]);
  return [name, ...options.map((option) => `${option}${given[option]}`)].join('-');
}

interface Rule {
  readonly wanted: string;
  readonly allows: (value: number) => boolean;
}

function inputRule({ input: { least, multipleOf = 1 } }: ZooNetwork): Rule {
  const kind = multipleOf === 1 ? 'a whole number' : `a multiple of ${multipleOf}`;
  return {
    wanted: `${kind} of pixels, ${least} to ${MOST_PIXELS}`,
    allows: (value) => Number.isInteger(value / multipleOf) && value >= least && value <= MOST_PIXELS,
  };
}

const WIDTH_RULE: Rule = {
  wanted: `a number above 0, ${WIDEST} at most`,
  allows: (value) => value > 0 && value <= WIDEST,
};

const SEED_RULE: Rule = {
  wanted: `a whole number of 0 to ${2 ** 31 - 1}`,
  allows: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 31,
};

const NUMBER = /^(?:\d+\.?\d*|\.\d+)$/;

interface OptionReader {
  number(option: string, usual: number, rule: Rule): number;
  flag(option: string): boolean;
  /** HeddleError with all problems. */
  finish(): void;
}

function makeReader(path: string, texts: readonly string[], hasWidth: boolean): OptionReader {
  const known = ['input', ...(hasWidth ? ['width'] : []), 'seed', 'float'];
  const shown = known.map((option) => (option === 'float' ? option : `${option}=N`));
  const values = new Map<string, string | undefined>();
  const problems: Diagnostic[] = [];
  for (const text of texts) {
    const [, option = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (!known.includes(option)) {
      const meant = didYouMean(option, known);
      problems.push(unknownZooOption(path, option, shown, meant));
    } else if (values.has(option)) problems.push(zooOptionTwice(path, option));
    else values.set(option, value);
  }
  return {
    number(option, usual, { wanted, allows }) {
      if (!values.has(option)) return usual;
      const text = values.get(option) ?? '';
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      if (!allows(value)) problems.push(badZooOption(path, option, text, wanted));
      return value;
    },
    flag(option) {
      const value = values.get(option);
      if (value !== undefined) problems.push(badZooOption(path, option, value, 'given without a value'));
      return values.has(option);
    },
    finish() {
      if (problems.length > 0) throw new HeddleError(problems);
    },
  };
}
