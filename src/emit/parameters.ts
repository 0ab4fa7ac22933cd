/** A Verilog parameter and its literal. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** The module of an instance, and what it is instantiated with. */
export interface ModuleParameters {
  readonly module: string;
  readonly parameters: readonly Parameter[];
}

export const number = (name: string, value: number): Parameter => ({ name, value: String(value) });

export const flag = (name: string, value: boolean): Parameter => ({ name, value: value ? '1' : '0' });

/** A vector of 32-bit words, the first in the low bits; negative ones as two's complements. */
export const words = (name: string, values: readonly number[]): Parameter => ({
  name,
  value: `{${values
    .map((value) => `32'h${(value < 0 ? value + 2 ** 32 : value).toString(16).padStart(8, '0')}`)
    .reverse()
    .join(', ')}}`,
});

export const text = (name: string, value: string): Parameter => ({ name, value: `"${value}"` });
