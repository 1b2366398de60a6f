import path from 'node:path';
import {readJournal} from '../../adapters/journal/events-file.ts';
import {findIncident, stateFolder} from '../../adapters/journal/incident-folders.ts';
import {exitCodes} from '../../domain/errors.ts';
import {renderMarkdown} from '../../domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../domain/post-mortem/post-mortem.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {writeDocument} from '../../incidents/end.ts';
import type {Invocation} from '../../invocation.ts';

type ExportOptions = {format: 'markdown' | 'json'; output?: string};

/** `regmedic export INCIDENT`: the post-mortem, made from the journal alone. */
export async function exportIncident(wanted: string, options: ExportOptions, invocation: Invocation): Promise<number> {
	const {folder, name} = await findIncident(stateFolder(invocation.environment), wanted);
	const report = postMortemOf((await readJournal(folder)).events);
	const text =
		options.format === 'json' || invocation.flags.json ? `${visibleJson(report, '  ')}\n` : renderMarkdown(report);

	if (options.output === undefined) {
		invocation.print(text);
		return exitCodes.done;
	}

	const file = path.resolve(invocation.folder, options.output);
	await writeDocument(file, text, name);
	invocation.talk(`Written: ${file}\n`);
	return exitCodes.done;
}
