/** Outputs and Markdown of an earlier state: never trusted, so nothing in them is executed. */

import type * as nbformat from '@jupyterlab/nbformat';
import { MimeModel, OutputModel, type IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { useEffect, useRef } from 'react';

import type { IOutput } from './cells.js';

/** More outputs than anybody looks at in an earlier state. */
const MOST = 100;

export interface IOutputsProps {
  readonly outputs: readonly IOutput[];
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
}

export function Outputs({ outputs, rendermime, trans }: IOutputsProps): JSX.Element {
  return (
    <div className="platform-Outputs">
      {outputs.slice(0, MOST).map((output, index) => (
        <Output key={index} output={output} rendermime={rendermime} />
      ))}
      {outputs.length > MOST && (
        <p className="platform-Note">
          {trans.__('%1 more outputs are not shown.', outputs.length - MOST)}
        </p>
      )}
    </div>
  );
}

function Output(props: { readonly output: IOutput; readonly rendermime: IRenderMimeRegistry }) {
  const host = useRef<HTMLDivElement>(null);
  const { output, rendermime } = props;
  useEffect(() => {
    const model = new OutputModel({ value: output as unknown as nbformat.IOutput, trusted: false });
    const type = rendermime.preferredMimeType(model.data, 'ensure');
    const end = show(host.current, rendermime, type, model);
    return () => {
      end();
      model.dispose();
    };
  }, [output, rendermime]);
  return <div ref={host} className="platform-Output" />;
}

export function Markdown(props: {
  readonly text: string;
  readonly rendermime: IRenderMimeRegistry;
}): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const { text, rendermime } = props;
  useEffect(() => {
    const model = new MimeModel({ data: { 'text/markdown': text }, trusted: false });
    return show(host.current, rendermime, 'text/markdown', model);
  }, [text, rendermime]);
  return <div ref={host} className="platform-Output" />;
}

/** Put a renderer into the host; returns what takes it out again. */
function show(
  host: HTMLElement | null,
  rendermime: IRenderMimeRegistry,
  type: string | undefined,
  model: IRenderMime.IMimeModel
): () => void {
  if (host === null || type === undefined) {
    return () => undefined;
  }
  const renderer = rendermime.createRenderer(type);
  renderer.renderModel(model).catch((reason: unknown) => {
    console.warn('An output of an earlier state cannot be shown', reason);
  });
  // Widget.attach wants a host that is in the document, which one in a hidden tab is not yet.
  MessageLoop.sendMessage(renderer, Widget.Msg.BeforeAttach);
  host.appendChild(renderer.node);
  MessageLoop.sendMessage(renderer, Widget.Msg.AfterAttach);
  // React has taken the host out of the document by then, so Widget.detach would refuse, too.
  return () => {
    MessageLoop.sendMessage(renderer, Widget.Msg.BeforeDetach);
    renderer.node.remove();
    MessageLoop.sendMessage(renderer, Widget.Msg.AfterDetach);
    renderer.dispose();
  };
}
