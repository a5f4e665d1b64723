/** A small chart: how one figure went. A line in SVG is all that it takes. */

const [WIDTH, HEIGHT] = [120, 28];

interface IProps {
  readonly values: readonly number[];
  /** What the top of the chart stands for; at least the largest value. */
  readonly most?: number;
  /** What somebody hears who does not see it. */
  readonly label: string;
}

export function Chart({ values, most = 0, label }: IProps): JSX.Element {
  const points = pointsOf(values, Math.max(most, ...values, Number.MIN_VALUE));
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const [first, last] = [points[0], points.at(-1)];
  return (
    <svg
      className="platform-Chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {first !== undefined && last !== undefined && (
        <>
          <polygon points={`${first[0]},${HEIGHT} ${line} ${last[0]},${HEIGHT}`} />
          <polyline points={line} />
        </>
      )}
    </svg>
  );
}

/** The newest value is at the right end; one alone makes a line as long as the chart. */
export function pointsOf(values: readonly number[], top: number): readonly (readonly [number, number])[] {
  const all = values.length === 1 ? [...values, ...values] : values;
  const step = WIDTH / Math.max(1, all.length - 1);
  return all.map((value, at) => [at * step, HEIGHT - 1 - (value / top) * (HEIGHT - 2)] as const);
}
