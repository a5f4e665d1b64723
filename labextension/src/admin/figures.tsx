/** The installation in figures: now, in the last hour, and how long things take. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import { Chart } from './chart.js';
import type { IOverview } from './data.js';
import { causeText, cpuText, millisecondsText, operationText } from './words.js';

interface IProps {
  readonly overview: IOverview;
  readonly trans: TranslationBundle;
}

/** How it is now, and was in the last hour. */
export function Figures({ overview, trans }: IProps): JSX.Element {
  return (
    <section aria-label={trans.__('Now')}>
      <Cards overview={overview} trans={trans} />
      <p className={overview.unstored.files > 0 ? 'platform-mod-warning' : ''}>
        {storageText(overview, trans)}
      </p>
    </section>
  );
}

/** What was done since the server started: how long it took, and why things ended. */
export function Tallies({ overview, trans }: IProps): JSX.Element {
  return (
    <div className="platform-Admin-columns">
      <Latencies overview={overview} trans={trans} />
      <Ends overview={overview} trans={trans} />
    </div>
  );
}

function Cards({ overview, trans }: IProps): JSX.Element {
  const { history } = overview;
  const last = history.at(-1);
  const cards = [
    {
      name: trans.__('Sandboxes'),
      text: trans.__('%1 of %2', overview.running, overview.most),
      values: history.map(one => one.sandboxes)
    },
    { name: trans.__('Processors'), text: cpuText(last?.cpu ?? 0), values: history.map(one => one.cpu) },
    {
      name: trans.__('Memory'),
      text: sizeText(last?.memory ?? 0),
      values: history.map(one => one.memory)
    },
    {
      name: trans.__('Kernels'),
      text: trans.__('%1, %2 busy', overview.kernels, overview.busyKernels),
      values: history.map(one => one.kernels)
    },
    {
      name: trans.__('Waiting for a project'),
      text: trans.__('%1 of %2', overview.waiting, overview.target),
      values: history.map(one => one.waiting)
    },
    {
      name: trans.__('Server’s delay'),
      text: millisecondsText(last?.lag ?? null),
      values: history.map(one => one.lag)
    }
  ];
  const counts = [
    { name: trans.__('Projects that wait for a sandbox'), text: String(overview.starting) },
    { name: trans.__('Terminals'), text: String(overview.terminals) },
    { name: trans.__('Connections'), text: String(overview.connections) }
  ];
  return (
    <dl className="platform-Admin-cards">
      {cards.map(({ name, text, values }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {text}
            <Chart values={values} label={trans.__('%1 in the last hour', name)} />
          </dd>
        </div>
      ))}
      {counts.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Latencies({ overview, trans }: IProps): JSX.Element {
  return (
    <table>
      <caption>{trans.__('How long it takes')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('What')}</th>
          <th scope="col">{trans.__('Times')}</th>
          <th scope="col">{trans.__('Half within')}</th>
          <th scope="col">{trans.__('95 % within')}</th>
        </tr>
      </thead>
      <tbody>
        {overview.latencies.map(one => (
          <tr key={one.operation}>
            <th scope="row">{operationText(one.operation, trans)}</th>
            <td>{one.count.toLocaleString()}</td>
            <td>{millisecondsText(one.p50)}</td>
            <td>{millisecondsText(one.p95)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Ends({ overview, trans }: IProps): JSX.Element {
  const things: Record<string, string> = {
    sandbox: trans.__('Sandboxes'),
    kernel: trans.__('Kernels')
  };
  return (
    <table>
      <caption>{trans.__('What ended since the server started')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('What')}</th>
          <th scope="col">{trans.__('Why')}</th>
          <th scope="col">{trans.__('Times')}</th>
        </tr>
      </thead>
      <tbody>
        {overview.ends.map(one => (
          <tr key={`${one.what} ${one.cause}`}>
            <th scope="row">{things[one.what] ?? one.what}</th>
            <td>{causeText(one.cause, trans)}</td>
            <td>{one.count.toLocaleString()}</td>
          </tr>
        ))}
        {overview.ends.length === 0 && (
          <tr>
            <td colSpan={3}>{trans.__('Nothing yet.')}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function storageText({ unstored }: IOverview, trans: TranslationBundle): string {
  return unstored.files === 0
    ? trans.__('Everything that was saved is in the project store.')
    : trans._n(
        '⚠ %1 saved file (%2) waits on this server: the project store does not answer.',
        '⚠ %1 saved files (%2) wait on this server: the project store does not answer.',
        unstored.files,
        unstored.files,
        sizeText(unstored.bytes)
      );
}
