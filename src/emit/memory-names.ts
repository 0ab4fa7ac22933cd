/**
 * File names of an engine's memories: what the RTL's WEIGHT_FILE, PARAM_FILE, TABLE_FILE and so on say. `instance` is
 * unique among everything that shares a folder.
 */
export function memoryNames(instance: string): {
  readonly weights: string;
  readonly parameters: string;
  readonly table: string;
  readonly constant: string;
  readonly map: string;
  readonly slopes: string;
} {
  return {
    weights: `${instance}_weights`,
    parameters: `${instance}_params.mem`,
    table: `${instance}_table.mem`,
    constant: `${instance}_constant.mem`,
    map: `${instance}_map.mem`,
    slopes: `${instance}_slopes.mem`,
  };
}
