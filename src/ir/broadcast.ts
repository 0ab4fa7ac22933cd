type Shape = readonly number[];

/**
 * The shape of elementwise operators' result: axes are aligned at the end, and an extent of 1, or a missing axis, fits
 * any other (NumPy's broadcasting). Undefined where two extents differ.
 */
export function broadcastShape(shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const extents = new Set(shapes.map((shape) => shape[axis - rank + shape.length] ?? 1));
    extents.delete(1);
    if (extents.size > 1) return undefined;
    result.push([...extents][0] ?? 1);
  }
  return result;
}

/** Whether a tensor of `shape` broadcasts to `result` without enlarging it. */
export function broadcastsTo(shape: Shape, result: Shape): boolean {
  return (
    shape.length <= result.length &&
    shape.every((extent, axis) => extent === 1 || extent === result[axis + result.length - shape.length])
  );
}
