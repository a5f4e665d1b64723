/** All sandboxes that run: whose, what they use, and how to stop one. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import { Chart } from './chart.js';
import { fits, type ISandbox } from './data.js';
import type { IDeeds } from './widget.js';
import { cpuText, momentText } from './words.js';

interface IProps {
  readonly sandboxes: readonly ISandbox[];
  readonly search: string;
  readonly deeds: IDeeds;
  readonly trans: TranslationBundle;
}

export function Sandboxes({ sandboxes, search, deeds, trans }: IProps): JSX.Element {
  const found = sandboxes.filter(one => fits(search, one.project, one.owner, one.email));
  return (
    <table className="platform-Admin-sandboxes">
      <caption>{trans.__('Sandboxes that run (%1)', sandboxes.length)}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Project')}</th>
          <th scope="col">{trans.__('Owner')}</th>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Processors')}</th>
          <th scope="col">{trans.__('Memory')}</th>
          <th scope="col">{trans.__('Processes')}</th>
          <th scope="col">{trans.__('Since')}</th>
          <th scope="col">{trans.__('Stop')}</th>
        </tr>
      </thead>
      <tbody>
        {found.map(one => (
          <Row key={one.id} sandbox={one} deeds={deeds} trans={trans} />
        ))}
        {found.length === 0 && (
          <tr>
            <td colSpan={8}>{sandboxes.length === 0 ? trans.__('None.') : trans.__('None fits.')}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

interface IRowProps {
  readonly sandbox: ISandbox;
  readonly deeds: IDeeds;
  readonly trans: TranslationBundle;
}

function Row({ sandbox, deeds, trans }: IRowProps): JSX.Element {
  const { usage, limits, project, owner } = sandbox;
  return (
    <tr>
      <th scope="row">{project}</th>
      <td title={sandbox.email}>{owner}</td>
      <td>{sandbox.state}</td>
      <td>
        {usage === null ? '–' : trans.__('%1 of %2', cpuText(usage.cpu), limits.cpus)}
        <Chart
          values={sandbox.cpuHistory}
          most={limits.cpus}
          label={trans.__('Processors of “%1” in the last five minutes', project)}
        />
      </td>
      <td>
        {usage === null ? '–' : trans.__('%1 of %2', sizeText(usage.memory), sizeText(limits.memory))}
        <Chart
          values={sandbox.memoryHistory}
          most={limits.memory}
          label={trans.__('Memory of “%1” in the last five minutes', project)}
        />
      </td>
      <td>{usage === null ? '–' : trans.__('%1 of %2', usage.processes, limits.processes)}</td>
      <td>{momentText(sandbox.startedAt)}</td>
      <td>
        <button
          type="button"
          className="platform-Button"
          aria-label={trans.__('Stop the sandbox of “%1” (%2)', project, owner)}
          onClick={() => deeds.stop(sandbox)}
        >
          {trans.__('Stop')}
        </button>
      </td>
    </tr>
  );
}
